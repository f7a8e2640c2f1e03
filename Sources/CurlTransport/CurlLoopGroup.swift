import CCurl
import Glibc
import Quantities
import Synchronization

/// A set of event loops that share a clock, settings and a name resolver.
///
/// Each loop is a thread; one to a processor core is enough. A session is started on one of them and stays there.
package final class CurlLoopGroup: Sendable {
    /// The loops, at least one.
    package let loops: [CurlLoop]
    /// How many descriptors the process may have open: before, and as raised when the group began.
    package let descriptorLimit: DescriptorLimit
    /// The version of libcurl, such as `7.88.1`.
    package static var libraryVersion: String { String(cString: fh_version()) }

    /// Starts the loops' threads.
    ///
    /// - Parameters:
    ///   - count: The number of loops; fewer than one gives one.
    ///   - settings: What all channels have in common.
    ///   - epoch: The zero of the loops' clock.
    /// - Throws: ``CurlSetupError`` when the system or the library refuses something.
    package init(
        loops count: Int, settings: CurlTransportSettings = CurlTransportSettings(), epoch: MonotonicEpoch = .now()
    ) throws(CurlSetupError) {
        let code = globalInitialisation
        guard code == CURLE_OK else { throw .library(code: Int(code.rawValue)) }
        descriptorLimit = DescriptorLimit.raise()
        let resolver = NameResolver(epoch: epoch, systemLifetime: settings.nameLifetime)
        var loops: [CurlLoop] = []
        do throws(CurlSetupError) {
            for index in 0..<max(1, count) {
                let loop = try CurlLoop(index: index, settings: settings, epoch: epoch, resolver: resolver)
                loops.append(loop)
                try loop.start()
            }
        } catch {
            for loop in loops { loop.stopAndJoin() }
            throw error
        }
        self.loops = loops
    }

    /// Ends the loops and waits for their threads; more than one call does nothing more.
    ///
    /// Sessions should be over. One that still waits for an event is told ``ChannelEvent/taskCancelled`` and has a
    /// second to close its channel; after that channels are closed under it. Not to be called on a loop's thread.
    package func shutDown() {
        for loop in loops { loop.askToStop() }
        for loop in loops { loop.stopAndJoin() }
    }

    deinit { shutDown() }
}

/// libcurl's own set-up, once in a process; curl_global_init is safe from any thread since 7.84, and before that by
/// this constant's own once.
private let globalInitialisation: CURLcode = curl_global_init(Int(CURL_GLOBAL_ALL))

/// How many files and sockets the process may have open at once.
package struct DescriptorLimit: Hashable, Sendable {
    /// The limit that was found.
    package var before: UInt64
    /// The limit that is in force now: the hard limit, where the system let us raise it.
    package var now: UInt64

    static func raise() -> DescriptorLimit {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
            return DescriptorLimit(before: 0, now: 0)
        }
        let before = UInt64(limit.rlim_cur)
        guard limit.rlim_cur < limit.rlim_max else { return DescriptorLimit(before: before, now: before) }
        limit.rlim_cur = limit.rlim_max
        let raised = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0
        return DescriptorLimit(before: before, now: raised ? UInt64(limit.rlim_cur) : before)
    }
}
