"""Prints coefficients.h: near-minimax polynomials, from Chebyshev's expansion in 60 digits.

    pip install mpmath && python3 scripts/coefficients.py > Sources/CEchelonKernels/coefficients.h
"""
import mpmath as mp
mp.mp.dps = 60
print("""// Polynomials that are close to the best of their degree, lowest power first; computed by
// scripts/coefficients.py, which says of what. No include guard: static in each level_*.c.
""")
def fit(name, f, lo, hi, n, note):
    c, e = mp.chebyfit(f, [lo, hi], n, error=True)
    c = c[::-1]
    print("// %s on [%s, %s]; largest error %s" % (note, mp.nstr(lo, 6), mp.nstr(hi, 6), mp.nstr(e, 3)))
    print("static const double %s[] = {" % name)
    for v in c: print("    %s," % float(v).hex())
    print("};")
def constant(name, v, note):
    print("// %s, and what that lacks\nstatic const double %s = %s, %s_LO = %s;" % (note, name, float(v).hex(), name, float(v-mp.mpf(float(v))).hex()))
def series(f, point, tail):   # near 0 the quotient by a power of x is 0/0: take the limit from a series
    return lambda x: tail(x) if abs(x) < mp.mpf(10)**-12 else f(x)
L = mp.log(2)/2*mp.mpf('1.001')
# (exp(r) - 1 - r) / r^2
fit("EXP_Q", series(lambda r:(mp.exp(r)-1-r)/r**2,0,lambda r: mp.mpf(1)/2+r/6+r*r/24), -L, L, 11, "(exp(r) - 1 - r) / r^2")
# log(1+f) with s = f/(2+f), z = s^2:  (log(1+f) - 2 s) / s^3 = 2/3 + 2/5 z + ...
zmax = ((mp.sqrt(2)-1)/(mp.sqrt(2)+1))**2*mp.mpf('1.001')
def lg(z):
    if z < mp.mpf(10)**-12: return mp.mpf(2)/3+mp.mpf(2)/5*z
    s = mp.sqrt(z); return (mp.log((1+s)/(1-s)) - 2*s)/s**3
fit("LOG_R", lg, mp.mpf(0), zmax, 7, "(log((1 + s) / (1 - s)) - 2 s) / s^3 in z = s^2")
def lg3(z):
    if z < mp.mpf(10)**-12: return mp.mpf(2)/7+mp.mpf(2)/9*z
    s = mp.sqrt(z); return (((mp.log((1+s)/(1-s)) - 2*s)/s**3 - mp.mpf(2)/3)/z - mp.mpf(2)/5)/z
fit("LOG_R3", lg3, mp.mpf(0), zmax, 7, "what follows 2/3 + 2/5 z in that, divided by z^2")
q = (mp.pi/4*mp.mpf('1.001'))**2
def sn(z):
    if z < mp.mpf(10)**-12: return -mp.mpf(1)/6+z/120
    r = mp.sqrt(z); return (mp.sin(r)-r)/r**3
def cs(z):
    if z < mp.mpf(10)**-12: return mp.mpf(1)/24-z/720
    r = mp.sqrt(z); return (mp.cos(r)-1+z/2)/z**2
fit("SIN_S", sn, mp.mpf(0), q, 6, "(sin(r) - r) / r^3 in z = r^2")
fit("COS_C", cs, mp.mpf(0), q, 6, "(cos(r) - 1 + z/2) / z^2 in z = r^2")
def tn(z):
    if z < mp.mpf(10)**-12: return mp.mpf(1)/3+z*2/15
    r = mp.sqrt(z); return (mp.tan(r)-r)/r**3
fit("TAN_T", tn, mp.mpf(0), q, 14, "(tan(r) - r) / r^3 in z = r^2")
t = (mp.tan(mp.pi/8)*mp.mpf('1.001'))**2
def at(z):
    if z < mp.mpf(10)**-12: return -mp.mpf(1)/3+z/5
    r = mp.sqrt(z); return (mp.atan(r)-r)/r**3
fit("ATAN_A", at, mp.mpf(0), t, 11, "(atan(t) - t) / t^3 in z = t^2")
def asn(z):
    if z < mp.mpf(10)**-12: return mp.mpf(1)/6+z*3/40
    r = mp.sqrt(z); return (mp.asin(r)-r)/r**3
fit("ASIN_A", asn, mp.mpf(0), mp.mpf('0.2501'), 13, "(asin(t) - t) / t^3 in z = t^2")
# The error function: (erf(x) - x) / x in z = x^2, and erfc(x) exp(x^2) (1 + 2 x) in q = (x - 3) / (x + 3).
def er(z):
    if z < mp.mpf(10)**-12: return 2/mp.sqrt(mp.pi)*(1-z/3)-1
    r = mp.sqrt(z); return mp.erf(r)/r-1
fit("ERF_E", er, mp.mpf(0), mp.mpf('1.001'), 14, "(erf(x) - x) / x in z = x^2")
def erfc_scaled(q):
    x = 3*(1+q)/(1-q); return mp.erfc(x)*mp.exp(x*x)*(1+2*x)
middle = erfc_scaled(mp.mpf(0)); slope = mp.diff(erfc_scaled, 0)
constant("ERFC_MIDDLE", middle, "erfc(3) exp(9) 7")
fit("ERFC_Q", lambda q: slope if abs(q) < mp.mpf(10)**-12 else (erfc_scaled(q)-middle)/q, mp.mpf('-2.51')/mp.mpf('3.49'), mp.mpf('24.5')/mp.mpf('30.5'), 22, "(erfc(x) exp(x^2) (1 + 2 x) - erfc(3) exp(9) 7) / q in q = (x - 3) / (x + 3)")
