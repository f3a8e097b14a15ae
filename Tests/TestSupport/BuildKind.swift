/// Whether this is a release build, whose tests do all that the project promises. Debug builds, twenty times as slow, look
/// for broken preconditions with a part of it.
#if DEBUG
  public let isReleaseBuild = false
#else
  public let isReleaseBuild = true
#endif

/// Sizes for a test: some always, and large ones in release builds alone.
public func sizes(_ all: [Int], inRelease large: [Int]) -> [Int] {
  isReleaseBuild ? all + large : all
}
