import Synchronization

/// The mapped files of an arena, by the index of the block that describes each.
struct MappedFiles {
  /// In the front end, so that a handle that comes back finds its owner.
  var owners: [Int: WeakBlock] = [:]
  /// In a worker, which keeps what it has mapped: the next chunk is of the same job.
  var mappings: [Int: (generation: UInt32, place: UInt64, file: FileMapping)] = [:]
}

// A file that is mapped is a block whose bytes lie elsewhere: at another address in every process, and in no heap. A
// block in the heap says which file it is. The handle has that one's name and generation, so that it is stale when
// the array is released, and the heap's invariants hold as they are.

extension Arena {
  /// The bytes of a file as a block, in the front end.
  /// - Parameter allocate: makes a block of this arena.
  package static func block(
    of file: FileMapping, _ allocate: (Int) throws(ArenaError) -> ArenaBlock
  ) throws(ArenaError) -> ArenaBlock {
    let description = file.description
    let path = Array(file.path.utf8)
    let described = try allocate(FileDescription.byteCount + path.count)
    described.region.store(description, at: 0)
    path.withRawSpan { described.region.copy(from: $0, at: FileDescription.byteCount) }
    let arena = described.arena
    let block = ArenaBlock(mapped: file, described: described)
    arena.files.withLock { $0.owners[described.index] = WeakBlock(block: block) }
    return block
  }

  /// A mapped block is gone.
  func forgetFile(_ index: Int) {
    let done = files.withLock { $0.owners.removeValue(forKey: index) }
    _ = consume done  // not under the lock
  }

  /// The front end's own block of a file.
  func ownedFile(_ handle: BlockHandle) throws(ArenaError) -> ArenaBlock {
    try checkDescription(handle)
    let owner = files.withLock { $0.owners[Int(handle.index)]?.block }
    guard let owner, owner.handle.file == handle.file, owner.generation == handle.generation else {
      throw .staleHandle(offset: Int(clamping: handle.file), generation: handle.generation)
    }
    return owner
  }

  /// The file behind a handle, mapped into this process, and checked to have the bytes that the handle names.
  func mapping(of handle: BlockHandle) throws(ArenaError) -> FileMapping {
    let file = try backing == nil ? borrowedFile(handle) : ownedFile(handle).mapping
    let offset = Int(clamping: handle.offset)
    guard let file, offset <= file.byteCount,
      Int(clamping: handle.byteCount) <= file.byteCount - offset
    else {
      throw .handleOutOfBounds(offset: offset, byteCount: Int(clamping: handle.byteCount))
    }
    return file
  }

  private func checkDescription(_ handle: BlockHandle) throws(ArenaError) {
    guard handle.file % 64 == 0 else {
      throw .handleOutOfBounds(offset: Int(clamping: handle.file), byteCount: 0)
    }
    try check(
      BlockHandle(
        arena: handle.arena, offset: handle.file, byteCount: UInt64(FileDescription.byteCount),
        index: handle.index, generation: handle.generation))
  }

  private func borrowedFile(_ handle: BlockHandle) throws(ArenaError) -> FileMapping {
    try checkDescription(handle)
    let index = Int(handle.index)
    let known = files.withLock { $0.mappings[index] }
    if let known, known.generation == handle.generation, known.place == handle.file {
      return known.file
    }
    let offset = Int(handle.file)
    let description: FileDescription = region.load(at: offset)
    let room = region.byteCount - offset - FileDescription.byteCount
    guard description.isSound(roomForPath: min(room, 1 << 16)) else {
      throw .handleOutOfBounds(offset: offset, byteCount: FileDescription.byteCount)
    }
    let path = region.withBytes(
      at: offset + FileDescription.byteCount, byteCount: Int(description.pathBytes)
    ) { bytes in
      String(
        decoding: bytes.byteOffsets.map {
          unsafe bytes.unsafeLoad(fromByteOffset: $0, as: UInt8.self)
        },
        as: UTF8.self)
    }
    let file: FileMapping
    do throws(FileMappingError) { file = try FileMapping(description, path: path) } catch {
      throw .fileNotMapped(error)
    }
    // Those of arrays that were released are given back to the system now.
    let stale = files.withLock { files in
      let stale = files.mappings.filter { index, mapping in
        UInt32(truncatingIfNeeded: generationWord(index)) != mapping.generation
      }
      for index in stale.keys { files.mappings[index] = nil }
      files.mappings[index] = (handle.generation, handle.file, file)
      return stale
    }
    _ = consume stale
    return file
  }
}
