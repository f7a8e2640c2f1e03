import Commands

#if canImport(Glibc)
    import Glibc

    /// Starts the program anew, in the same process, with its memory in huge pages where the system has them.
    ///
    /// A simulation reaches into gigabytes in no order, and looking up small pages is a sixth of its time (docs/PERFORMANCE.md). The C
    /// library takes that wish at the start of a program alone. Where it cannot be done, nothing is lost but the speed.
    func restartWithHugePages() {
        let name = "GLIBC_TUNABLES"
        let wish = "glibc.malloc.hugetlb=1"
        let present = getenv(name).map { String(cString: $0) } ?? ""
        guard !present.contains("glibc.malloc.hugetlb") else { return }
        setenv(name, present.isEmpty ? wish : present + ":" + wish, 1)
        execv("/proc/self/exe", CommandLine.unsafeArgv)
    }

    if CommandLine.arguments.count > 1, CommandLine.arguments[1] == "simulate" { restartWithHugePages() }
#endif

await FullhouseCommand.start()
