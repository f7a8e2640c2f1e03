import Fuzzing

/// The main function under the name that the build gives it.
@_cdecl("FuzzReferences_main")
public func run(_ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) -> CInt {
    Fuzzer.run(count, arguments) { HostileDecoder.references.fuzz($0, $1) }
}
