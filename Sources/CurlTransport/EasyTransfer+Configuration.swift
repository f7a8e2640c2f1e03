import CCurl
import Quantities
import Transport

/// What an easy handle is set to, so that a transfer sets only what differs from the one before.
struct EasyConfiguration {
    var method = TransferRequest.Method.get
    var hasRequestBody = false
    var headers: [HTTPHeader] = []
    var headersAreForBody = false
    /// False until the first transfer: the channel's own headers have to be set even where a request has none.
    var headersAreSet = false
    var headerList: UnsafeMutablePointer<curl_slist>?
    var cookie: String?
    var range: ByteRange?
    var asksForEncoding = false
    var version: Int?
    /// The versions of the origins' addresses that libcurl has been given, and the list that it still reads.
    var resolvedVersions: [Int: Int] = [:]
    var resolveList: UnsafeMutablePointer<curl_slist>?

    /// Frees the lists; the handle must be gone.
    mutating func release() {
        curl_slist_free_all(headerList)
        curl_slist_free_all(resolveList)
        headerList = nil
        resolveList = nil
    }
}

extension EasyTransfer {
    /// The options that no transfer changes.
    func configureOnce() {
        guard let easy else { return }
        let context = Unmanaged.passUnretained(self).toOpaque()
        note(fh_response_install(response, easy))
        response.pointee.owner = context
        installLink()
        response.pointee.on_chunk = { owner, index, at in
            guard let owner else { return }
            Unmanaged<EasyTransfer>.fromOpaque(owner).takeUnretainedValue().chunkArrived(Int(index), at: at)
        }
        note(fh_easy_set_pointer(easy, CURLOPT_PRIVATE, context))
        note(fh_easy_set_pointer(easy, CURLOPT_SHARE, channel.share))
        set(CURLOPT_NOSIGNAL, 1)
        // A proxy of the environment would be measured in place of the CDN.
        set(CURLOPT_PROXY, "")
        set(CURLOPT_PROTOCOLS_STR, "http,https")
        set(CURLOPT_PATH_AS_IS, 1)
        set(CURLOPT_USERAGENT, channel.settings.userAgent)
        set(CURLOPT_BUFFERSIZE, Int(clamping: min(max(loop.settings.transferBuffer.count, 1_024), 524_288)))
        // An empty name switches the cookie engine on without a file.
        set(CURLOPT_COOKIEFILE, "")
        // Idle connections stay until the server closes them; libcurl's own limits (118 s, and 300 s for connecting)
        // must not interfere with a paused viewer or with the limits of a request.
        set(CURLOPT_MAXAGE_CONN, 10_000_000)
        set(CURLOPT_CONNECTTIMEOUT, 86_400)
        if channel.settings.version != .http1 { set(CURLOPT_PIPEWAIT, 1) }
        if let source = channel.sourceAddress {
            // Said to be an address, so that libcurl looks no interface of that name up, and no host.
            let isAddress = SocketAddress(host: source, port: 0) != nil
            set(CURLOPT_INTERFACE, isAddress ? "host!" + source : source)
        }
        configureTLS()
        note(fh_easy_set_pointer(easy, CURLOPT_OPENSOCKETDATA, context))
        note(
            fh_easy_set_open_socket(easy) { context, _, address in
                guard let context, let address else { return -1 }
                let transfer = Unmanaged<EasyTransfer>.fromOpaque(context).takeUnretainedValue()
                let wanted = transfer.channel.link?.receiveBuffer ?? transfer.loop.settings.socketReceiveBuffer
                let buffer = Int32(clamping: wanted?.count ?? 0)
                let descriptor = fh_open_socket(address, buffer)
                if descriptor >= 0 { transfer.channel.socketOpened(descriptor, origin: transfer.origin) }
                return descriptor
            })
        note(fh_easy_set_pointer(easy, CURLOPT_CLOSESOCKETDATA, context))
        note(
            fh_easy_set_close_socket(easy) { context, descriptor in
                guard let context else { return -1 }
                return Unmanaged<EasyTransfer>.fromOpaque(context).takeUnretainedValue().channel
                    .closeSocket(descriptor)
            })
    }

    private func configureTLS() {
        guard let easy else { return }
        // Certificates are read once for all connections only where no directory of them is named.
        note(fh_easy_set_string(easy, CURLOPT_CAPATH, nil))
        if let file = loop.settings.certificateAuthorities { set(CURLOPT_CAINFO, file) }
        set(CURLOPT_SSL_VERIFYPEER, loop.settings.verifiesCertificates ? 1 : 0)
        set(CURLOPT_SSL_VERIFYHOST, loop.settings.verifiesCertificates ? 2 : 0)
    }

    /// The options of one transfer.
    func configure(_ request: TransferRequest, for origin: Origin) {
        let (keepsBody, limit): (Bool, UInt64) =
            switch request.body {
            case .discard, .measureChunks: (false, 0)
            case .keep(let limit): (true, UInt64(clamping: limit.count))
            }
        fh_response_begin(response, keepsBody, limit)
        if case .measureChunks = request.body { fh_response_measure_chunks(response) }
        set(CURLOPT_URL, request.uri)
        configureVersion(origin.target)
        configureMethod(request)
        configureHeaders(request)
        if request.byteRange != configured.range {
            configured.range = request.byteRange
            setOptional(CURLOPT_RANGE, request.byteRange?.httpValue)
        }
        let asksForEncoding = keepsBody && request.byteRange == nil
        if channel.link != nil { fh_response_shape(response, asksForEncoding) }
        if asksForEncoding != configured.asksForEncoding {
            configured.asksForEncoding = asksForEncoding
            setOptional(CURLOPT_ACCEPT_ENCODING, asksForEncoding ? "gzip" : nil)
        }
        configureAddresses(origin)
    }

    private func configureVersion(_ target: RequestTarget) {
        let version: Int =
            switch channel.settings.version {
            case .http1: CURL_HTTP_VERSION_1_1
            case .http2 where target.isSecure: CURL_HTTP_VERSION_2TLS
            case .http2 where Self.cannotReusePriorKnowledge && channel.hasConnection(to: origin):
                CURL_HTTP_VERSION_2_0
            case .http2: CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE
            case .http3: CURL_HTTP_VERSION_3
            }
        guard version != configured.version else { return }
        configured.version = version
        set(CURLOPT_HTTP_VERSION, version)
    }

    /// libcurl 7.88 breaks an HTTP/2 connection in the clear when a second transfer with prior knowledge uses it (curl
    /// issue 10634, mended in 8.0).
    ///
    /// A transfer that just asks for HTTP/2 joins such a connection; it must only not be the first on it.
    private static let cannotReusePriorKnowledge = String(cString: fh_version()).hasPrefix("7.88.")

    private func configureMethod(_ request: TransferRequest) {
        let body = request.requestBody ?? (request.method == .post || request.method == .put ? [] : nil)
        guard request.method != configured.method || body != nil || configured.hasRequestBody else { return }
        configured.method = request.method
        configured.hasRequestBody = body != nil
        // First back to a plain GET, then to what is wanted.
        set(CURLOPT_HTTPGET, 1)
        setOptional(CURLOPT_CUSTOMREQUEST, nil)
        if let body, let easy {
            note(fh_easy_set_offset(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count)))
            body.withUnsafeBytes { bytes in
                // For an empty body libcurl still wants somewhere to point.
                let start = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
                if let start, !bytes.isEmpty {
                    note(fh_easy_set_string(easy, CURLOPT_COPYPOSTFIELDS, start))
                } else {
                    set(CURLOPT_COPYPOSTFIELDS, "")
                }
            }
            if request.method != .post { set(CURLOPT_CUSTOMREQUEST, request.method.rawValue) }
        } else if request.method == .head {
            set(CURLOPT_NOBODY, 1)
        } else if request.method != .get {
            set(CURLOPT_CUSTOMREQUEST, request.method.rawValue)
        }
    }

    private func configureHeaders(_ request: TransferRequest) {
        let hasBody = configured.hasRequestBody
        guard
            request.headers != configured.headers || hasBody != configured.headersAreForBody
                || !configured.headersAreSet, let easy
        else { return }
        configured.headersAreSet = true
        configured.headers = request.headers
        configured.headersAreForBody = hasBody
        var list: UnsafeMutablePointer<curl_slist>?
        var cookies: [String] = []
        for header in channel.settings.headers(with: request.headers) {
            if Self.isNamed(header, "cookie") {
                // Given to the cookie engine, which sends one header for these and its own.
                cookies.append(header.value)
            } else if !["host", "accept-encoding", "range"].contains(where: { Self.isNamed(header, $0) }) {
                // libcurl takes "Name;" for an empty value and "Name:" for "do not send".
                let line = header.value.isEmpty ? "\(header.name);" : "\(header.name): \(header.value)"
                list = curl_slist_append(list, line) ?? list
            }
        }
        if hasBody {
            // No waiting for "100 Continue", and no invented type.
            list = curl_slist_append(list, "Expect:") ?? list
            if !channel.settings.headers(with: request.headers).contains(where: { Self.isNamed($0, "content-type") }) {
                list = curl_slist_append(list, "Content-Type:") ?? list
            }
        }
        note(fh_easy_set_list(easy, CURLOPT_HTTPHEADER, list))
        curl_slist_free_all(configured.headerList)
        configured.headerList = list
        let cookie = cookies.isEmpty ? nil : cookies.joined(separator: "; ")
        guard cookie != configured.cookie else { return }
        configured.cookie = cookie
        setOptional(CURLOPT_COOKIE, cookie)
    }

    /// Gives libcurl the addresses of the origin's host, when they are new to this handle.
    private func configureAddresses(_ origin: Origin) {
        guard let entry = origin.resolve, configured.resolvedVersions[self.origin] != origin.version, let easy else {
            return
        }
        configured.resolvedVersions[self.origin] = origin.version
        let list = curl_slist_append(nil, entry)
        note(fh_easy_set_list(easy, CURLOPT_RESOLVE, list))
        curl_slist_free_all(configured.resolveList)
        configured.resolveList = list
    }

    private static func isNamed(_ header: HTTPHeader, _ name: String) -> Bool {
        header.name.utf8.count == name.utf8.count && header.name.lowercased() == name
    }

    // Every result is looked at: the first that is bad fails the transfer.

    private func note(_ code: CURLcode) {
        if code != CURLE_OK, optionFailure == CURLE_OK { optionFailure = code }
    }

    private func set(_ option: CURLoption, _ value: Int) {
        if let easy { note(fh_easy_set_long(easy, option, value)) }
    }

    private func set(_ option: CURLoption, _ value: String) {
        if let easy { note(fh_easy_set_string(easy, option, value)) }
    }

    private func setOptional(_ option: CURLoption, _ value: String?) {
        guard let easy else { return }
        if let value {
            note(fh_easy_set_string(easy, option, value))
        } else {
            note(fh_easy_set_string(easy, option, nil))
        }
    }
}
