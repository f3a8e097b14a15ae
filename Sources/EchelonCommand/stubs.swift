import ArgumentParser
struct BatchCommand: AsyncParsableCommand {}
struct MonteCarloCommand: AsyncParsableCommand {}
struct DemoCommand: AsyncParsableCommand {}
struct DoctorCommand: AsyncParsableCommand {}
