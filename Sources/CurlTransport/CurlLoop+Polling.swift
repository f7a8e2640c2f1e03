import CCurl
import Glibc
import Quantities
import Transport

typealias OpaqueMulti = UnsafeMutableRawPointer

/// What a loop knows of one of its descriptors.
struct DescriptorState {
    /// The events that epoll watches for; zero when the descriptor is not registered.
    var registered: UInt32 = 0
    /// The events that libcurl wants; zero when no transfer uses the connection.
    var wanted: UInt32 = 0
    /// Whether a transfer ended on the connection and left it open, with none since.
    var isIdle = false
    /// Whether the peer closed the connection while it was idle.
    var peerHasClosed = false
    /// Whether several transfers at once may use the connection.
    var isShared = false
}

extension CurlLoop {
    func configureMulti() throws(CurlSetupError) {
        let context = Unmanaged.passUnretained(self).toOpaque()
        try require(fh_multi_set_pointer(multi, CURLMOPT_SOCKETDATA, context), "CURLMOPT_SOCKETDATA")
        try require(
            fh_multi_set_socket_function(multi) { _, descriptor, what, context, _ in
                guard let context else { return -1 }
                Unmanaged<CurlLoop>.fromOpaque(context).takeUnretainedValue().libraryWants(what, of: descriptor)
                return 0
            }, "CURLMOPT_SOCKETFUNCTION")
        try require(fh_multi_set_pointer(multi, CURLMOPT_TIMERDATA, context), "CURLMOPT_TIMERDATA")
        try require(
            fh_multi_set_timer_function(multi) { _, milliseconds, context in
                guard let context else { return -1 }
                let loop = Unmanaged<CurlLoop>.fromOpaque(context).takeUnretainedValue()
                loop.libraryDeadline =
                    milliseconds < 0 ? nil : loop.now + .milliseconds(min(Int64(milliseconds), 86_400_000))
                return 0
            }, "CURLMOPT_TIMERFUNCTION")
        // The default follows the number of handles in use, and would close the idle connections of paced sessions.
        try require(fh_multi_set_long(multi, CURLMOPT_MAXCONNECTS, 10_000_000), "CURLMOPT_MAXCONNECTS")
        try require(
            fh_multi_set_long(multi, CURLMOPT_PIPELINING, Int(CURLPIPE_MULTIPLEX)), "CURLMOPT_PIPELINING")
        var event = epoll_event(events: EPOLLIN.rawValue, data: epoll_data_t(fd: wakeDescriptor))
        guard epoll_ctl(epoll, EPOLL_CTL_ADD, wakeDescriptor, &event) == 0 else {
            throw .system(call: "epoll_ctl", errno: errno)
        }
    }

    private func require(_ code: CURLMcode, _ option: String) throws(CurlSetupError) {
        guard code == CURLM_OK else {
            throw .option(name: option, detail: String(cString: curl_multi_strerror(code)))
        }
    }

    /// Stops the program on a result that only a bug of ours can cause.
    func check(_ code: CURLMcode) {
        precondition(code == CURLM_OK, "libcurl refused a call: \(String(cString: curl_multi_strerror(code)))")
    }

    /// libcurl says which events of a socket it waits for.
    ///
    /// A socket that it lets go of stays registered, because the next transfer of the session will want the same again:
    /// two system calls less for each.
    private func libraryWants(_ what: Int32, of descriptor: Int32) {
        guard descriptor >= 0 else { return }
        let place = Int(descriptor)
        makeRoom(for: descriptor)
        guard what != CURL_POLL_REMOVE else {
            descriptors[place].wanted = 0
            return
        }
        var events: UInt32 = 0
        if what & CURL_POLL_IN != 0 { events |= EPOLLIN.rawValue }
        if what & CURL_POLL_OUT != 0 { events |= EPOLLOUT.rawValue }
        descriptors[place].wanted = events
        descriptors[place].isIdle = false
        let registered = descriptors[place].registered
        guard registered != events else { return }
        var event = epoll_event(events: events, data: epoll_data_t(fd: descriptor))
        var result = epoll_ctl(epoll, registered == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, descriptor, &event)
        if result != 0 {
            // A descriptor that was closed behind our back, or kept: the other operation puts it right.
            result = epoll_ctl(epoll, registered == 0 ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, descriptor, &event)
        }
        descriptors[place].registered = result == 0 ? events : 0
    }

    func descriptorIsReady(_ descriptor: Int32, events: UInt32) {
        let place = Int(descriptor)
        guard place < descriptors.count else { return }
        let wanted = descriptors[place].wanted
        guard wanted != 0 else {
            // An idle connection speaks up: the server closed it. libcurl finds out when it wants to use it. One whose
            // transfer is paused has more bytes: it is watched again when libcurl wants them.
            var event = epoll_event()
            epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, &event)
            descriptors[place].registered = 0
            descriptors[place].peerHasClosed = descriptors[place].isIdle
            return
        }
        var mask: Int32 = 0
        if events & EPOLLIN.rawValue != 0 { mask |= CURL_CSELECT_IN }
        if events & EPOLLOUT.rawValue != 0 { mask |= CURL_CSELECT_OUT }
        if events & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 { mask |= CURL_CSELECT_ERR }
        var running: Int32 = 0
        check(curl_multi_socket_action(multi, descriptor, mask, &running))
        if descriptors[place].isShared { nudge(descriptor) }
    }

    /// Lets libcurl read from a connection although the kernel has nothing new.
    ///
    /// What one HTTP/2 stream's turn read may belong to another, and libcurl 7.88 then forgets to give that one its
    /// turn: seen as a body that stops some kilobytes before its end.
    func nudge(_ descriptor: Int32) {
        guard state(of: descriptor).wanted != 0 else { return }
        var running: Int32 = 0
        check(curl_multi_socket_action(multi, descriptor, CURL_CSELECT_IN, &running))
    }

    func setShared(_ descriptor: Int32, _ isShared: Bool) {
        if Int(descriptor) < descriptors.count { descriptors[Int(descriptor)].isShared = isShared }
    }

    /// A new socket of a channel.
    func socketOpened(_ descriptor: Int32) {
        counters.add(.connectionsOpened)
        makeRoom(for: descriptor)
        descriptors[Int(descriptor)] = DescriptorState()
    }

    private func makeRoom(for descriptor: Int32) {
        let missing = Int(descriptor) + 1 - descriptors.count
        if missing > 0 { descriptors.append(contentsOf: repeatElement(DescriptorState(), count: missing)) }
    }

    /// What was known of a socket that is about to be closed, which is then forgotten.
    func socketClosing(_ descriptor: Int32) -> DescriptorState {
        counters.add(.connectionsClosed)
        guard Int(descriptor) < descriptors.count else { return DescriptorState() }
        let state = descriptors[Int(descriptor)]
        descriptors[Int(descriptor)] = DescriptorState()
        return state
    }

    func state(of descriptor: Int32) -> DescriptorState {
        Int(descriptor) < descriptors.count ? descriptors[Int(descriptor)] : DescriptorState()
    }

    /// A transfer ended: the connection that no transfer uses any more is idle.
    func markIdle(_ descriptor: Int32) {
        let place = Int(descriptor)
        guard place < descriptors.count, descriptors[place].wanted == 0, !descriptors[place].peerHasClosed else {
            return
        }
        if descriptors[place].registered == 0 {
            // Nobody watched it while its transfer was paused.
            var event = epoll_event(events: EPOLLIN.rawValue, data: epoll_data_t(fd: descriptor))
            guard epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0 else { return }
            descriptors[place].registered = EPOLLIN.rawValue
        }
        descriptors[place].isIdle = true
    }
}
