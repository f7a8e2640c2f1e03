import LibFuzzer

/// What the fuzz targets have in common.
package enum Fuzzer {
    /// What the fuzzer calls with each input.
    package typealias Callback = @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt

    /// Runs the fuzzer with the arguments of the program until it has found something or its time is up.
    ///
    /// - Returns: The exit status of the program.
    package static func run(
        _ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?, _ callback: @escaping Callback
    ) -> CInt {
        var count = count
        var arguments = arguments
        return LLVMFuzzerRunDriver(&count, &arguments, callback)
    }
}

extension HostileDecoder {
    /// Decodes what the fuzzer made; a promise that does not hold ends the program, so that the input is kept.
    ///
    /// - Returns: What the fuzzer wants to be told.
    package func fuzz(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
        let broken = decode(Array(UnsafeBufferPointer(start: data, count: data == nil ? 0 : size)))
        // A precondition's sentence is left out of what is built for speed.
        for sentence in broken { print("broken promise: \(sentence)") }
        precondition(broken.isEmpty)
        return 0
    }
}
