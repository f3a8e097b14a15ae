import EchelonMemory
import Glibc
import TestSupport
import Testing

// In processes of their own, whose limits and mounts are theirs alone.

@Suite struct `When the backing has no pages left` {
  @Test func `a limit on file sizes is an error with what was needed, and the heap goes on`()
    async throws
  {
    await #expect(processExitsWith: .success) { try fillUnderFileLimit() }
  }

  @Test(.enabled("a mount namespace of its own takes CAP_SYS_ADMIN") { geteuid() == 0 })
  func `a full /dev/shm is an error with what was needed, never SIGBUS`() async throws {
    let result = await #expect(processExitsWith: .success, observing: [\.standardOutputContent]) {
      try fillSmallSharedMemory()
    }
    let output = String(decoding: result?.standardOutputContent ?? [], as: UTF8.self)
    if output.contains("REFUSED") {
      try Test.cancel("this machine lets nobody mount a file system")
    }
  }
}

/// Allocates until it fails; every page that was handed out can be touched.
private func fill(_ arena: Arena, _ step: Int) throws -> (blocks: [ArenaBlock], error: ArenaError) {
  var blocks: [ArenaBlock] = []
  while true {
    do throws(ArenaError) {
      let block = try arena.allocate(byteCount: step)
      block.withMutableSpan(of: UInt8.self, byteOffset: 0, count: step) { span in
        for index in stride(from: 0, to: step, by: 4_096) { span[index] = 1 }
      }
      blocks.append(block)
    } catch {
      return (blocks, error)
    }
  }
}

private func checkExhausted(_ arena: Arena, step: Int) throws {
  var (blocks, error) = try fill(arena, step)
  guard case .outOfMemory(let needed, _, let limit, let advice) = error else {
    Issue.record("\(error)")
    return
  }
  #expect(needed == step)
  #expect(limit.contains("file system"), "\(limit)")
  #expect(!advice.isEmpty)
  #expect(!blocks.isEmpty)
  // The heap is whole: what is released can be had again, and no more than before.
  let count = blocks.count
  blocks = []
  (blocks, error) = try fill(arena, step)
  #expect(blocks.count == count)
}

private func fillUnderFileLimit() throws {
  signal(SIGXFSZ, SIG_IGN)
  let arena = try arena(.anonymousFile, limit: 512 << 20)
  var limit = rlimit(rlim_cur: 40 << 20, rlim_max: rlim_t.max)
  unsafe setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
  try checkExhausted(arena, step: 1 << 20)
}

private func fillSmallSharedMemory() throws {
  typealias Unshare = @convention(c) (Int32) -> Int32
  typealias Mount =
    @convention(c) (
      UnsafePointer<CChar>?, UnsafePointer<CChar>?, UnsafePointer<CChar>?, UInt,
      UnsafePointer<CChar>?
    ) -> Int32
  guard let first = unsafe dlsym(nil, "unshare"), let second = unsafe dlsym(nil, "mount") else {
    return
  }
  let unshare = unsafe unsafeBitCast(first, to: Unshare.self)
  let mount = unsafe unsafeBitCast(second, to: Mount.self)
  let newNamespace: Int32 = 0x20000
  let privateRecursive: UInt = 1 << 18 | 1 << 14
  guard unshare(newNamespace) == 0, unsafe mount(nil, "/", nil, privateRecursive, nil) == 0,
    unsafe mount("tmpfs", "/dev/shm", "tmpfs", 0, "size=16m") == 0
  else {
    print("REFUSED")
    return
  }
  // Asked for by name it is used as it is; left to itself the pool takes what is large enough.
  let arena = try arena(.sharedMemory, limit: 512 << 20)
  try checkExhausted(arena, step: 1 << 20)
  #expect(try EchelonMemoryTests.arena(nil, limit: 512 << 20).backing != .sharedMemory)
  // The rest of the machine's memory is not touched by it.
  #expect(arena.usage.committedBytes <= 16 << 20)
}
