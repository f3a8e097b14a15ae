print("echelon")
