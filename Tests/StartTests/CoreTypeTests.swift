import Echelon
import TestSupport
import Testing

/// With any BLAS; of one that has no core types to choose between there is little to say.
@Suite(.timeLimit(.minutes(2))) struct `The core type of a BLAS` {
  /// What the two processes find out, the variable unset unless it is given, whatever the suite runs with.
  private static func facts(
    _ method: StartMethod = .spawn, environment: [String: String] = [:]
  ) throws -> [String: String] {
    let (status, output) = try StartProgram.run(
      "blas", method.rawValue, environment: environment, without: ["OPENBLAS_CORETYPE"])
    #expect(status == 0, "\(output)")
    return StartProgram.facts(in: output)
  }

  @Test(arguments: StartMethod.allCases)
  func `is what the processor has, in the front end and in workers`(_ method: StartMethod) throws {
    let facts = try Self.facts(method)
    for process in ["front-end", "worker"] {
      #expect(facts["\(process)-missed"] == "-")
      #expect(facts["\(process)-variable"] == "-", "what they start would inherit it")
      let coreType = try #require(facts["\(process)-core-type"])
      guard facts["\(process)-dynamic"] == "true" else {
        #expect(facts["\(process)-own"] == "-")
        continue
      }
      #expect(CoreTypes.use(try #require(facts["\(process)-level"]), coreType), "\(coreType)")
    }
    #expect(facts["front-end-core-type"] == facts["worker-core-type"])
  }

  @Test(arguments: StartMethod.allCases)
  func `is the user's where the user has chosen`(_ method: StartMethod) throws {
    let facts = try Self.facts(method, environment: ["OPENBLAS_CORETYPE": "Nehalem"])
    for process in ["front-end", "worker"] {
      #expect(facts["\(process)-own"] == "-")
      #expect(facts["\(process)-given"] == "Nehalem")
      #expect(facts["\(process)-variable"] == "Nehalem")
      guard facts["\(process)-dynamic"] == "true" else { continue }
      #expect(facts["\(process)-core-type"] == "Nehalem")
      #expect(facts["\(process)-missed"] != "-" || facts["\(process)-level"] == "sse2")
    }
  }

  @Test func `is no wider than a pinned instruction set`() throws {
    let facts = try Self.facts(environment: ["ECHELON_ISA": "sse2"])
    #expect(facts["front-end-own"] == "-")
    #expect(facts["worker-own"] == "-")
  }

  @Test(arguments: [StartMethod.spawn, .forkServer])
  func `reaches workers when the program has its BLAS linked in`(_ method: StartMethod) throws {
    let opened = try Self.facts()
    // Loaded before main, as a linked one is, and like that never unloaded.
    let facts = try Self.facts(
      method, environment: ["LD_PRELOAD": try #require(opened["front-end-path"])])
    #expect(facts["front-end-path"] == opened["front-end-path"])
    #expect(facts["front-end-own"] == "-")
    #expect(facts["worker-core-type"] == opened["worker-core-type"])
    #expect(facts["worker-missed"] == "-")
    let chosen = opened["front-end-own"] == "-" ? "front-end-core-type" : "front-end-own"
    #expect(facts["front-end-core-type"] == opened[chosen])
    #expect((facts["front-end-missed"] != "-") == (opened["front-end-own"] != "-"))
    #expect(facts["worker-variable"] == facts["front-end-missed"])
  }
}
