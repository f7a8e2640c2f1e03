import CCurl
import Glibc
import Quantities
import Transport

extension EasyTransfer {
    /// What libcurl's last word on the transfer means.
    func outcome(of code: CURLcode) -> Result<TransferResult, FailedTransfer> {
        let status = long(CURLINFO_RESPONSE_CODE)
        guard code == CURLE_OK else { return .failure(failed(error(for: code))) }
        guard status >= 100 else {
            return .failure(failed(.malformedResponse(detail: "the response has no status")))
        }
        if channel.origins[origin].target.isSecure, long(CURLINFO_NUM_CONNECTS) > 0 {
            loop.counters.add(.handshakes)
        }
        let kept = response.pointee.keep_body ? Int(clamping: response.pointee.body_bytes) : 0
        return .success(
            TransferResult(
                status: status, version: version, bytes: wireBytes,
                body: kept > 0 ? Array(UnsafeBufferPointer(start: response.pointee.body, count: kept)) : [],
                headers: keptHeaders, remoteAddress: remoteAddress,
                connectionReused: long(CURLINFO_NUM_CONNECTS) == 0,
                timings: timings(total: .microseconds(offset(CURLINFO_TOTAL_TIME_T)) + (launched - begun)),
                chunks: chunks))
    }

    private var chunks: ChunkArrivals? {
        guard case .measureChunks = request.body else { return nil }
        let count = Int(response.pointee.chunk_count)
        let first = Instant(nanoseconds: response.pointee.first_chunk &- loop.epoch.nanoseconds)
        return ChunkArrivals(
            count: count, first: count > 0 ? max(.zero, first - begun) : .zero,
            bytes: ByteCount(Int64(clamping: response.pointee.active_bytes)),
            activeTime: .nanoseconds(response.pointee.active_time))
    }

    /// The account of a transfer that ends now without a complete response.
    func failed(_ error: TransferError) -> FailedTransfer {
        let total = loop.now - begun
        guard isTakenUp else {
            let before = min(launched - begun, total)
            let timings = TransferTimings(
                begun: begun, nameLookup: before, connect: before, tls: before, firstByte: before, total: total)
            return FailedTransfer(error: error, timings: timings)
        }
        let status = hasFirstByte ? long(CURLINFO_RESPONSE_CODE) : 0
        let wasSent = offset(CURLINFO_PRETRANSFER_TIME_T) > 0
        return FailedTransfer(
            error: error, bytes: bodyBytes, status: status >= 100 ? status : nil, remoteAddress: remoteAddress,
            connectionReused: wasSent && long(CURLINFO_NUM_CONNECTS) == 0, timings: timings(total: total),
            headers: hasFirstByte ? keptHeaders : [])
    }

    /// What has arrived so far.
    var progress: TransferProgress {
        guard isTakenUp, hasFirstByte else { return TransferProgress(bytes: .zero, firstByte: nil) }
        let seen = launched - begun + .microseconds(offset(CURLINFO_STARTTRANSFER_TIME_T))
        return TransferProgress(
            bytes: response.pointee.shaped ? carriedBytes : bodyBytes,
            firstByte: response.pointee.shaped ? max(seen, heldUntil - begun) : seen)
    }

    /// Bytes of the body that have reached the viewer: over a link that holds some back, fewer than have reached us.
    var bodyBytes: ByteCount {
        guard response.pointee.shaped, response.pointee.encoded || response.pointee.paused else { return wireBytes }
        return isTakenUp && hasFirstByte ? carriedBytes : .zero
    }

    /// What the link has carried of the body, the framing of chunks left out.
    private var carriedBytes: ByteCount {
        let carried = response.pointee.encoded ? response.pointee.wire_carried : response.pointee.body_bytes
        return ByteCount(Int64(clamping: carried))
    }

    /// Bytes of the body on the wire so far, the framing of chunks included and nothing decoded: what a server's log
    /// calls the bytes of the body.
    private var wireBytes: ByteCount {
        guard isTakenUp, response.pointee.header_bytes > 0 else { return .zero }
        if response.pointee.counting_frames { return ByteCount(Int64(clamping: response.pointee.framed_bytes)) }
        let counted = offset(CURLINFO_SIZE_DOWNLOAD_T)
        // libcurl's count lags a little behind when a transfer is broken off; ours is after decoding.
        let isDecoded = configured.asksForEncoding
        return ByteCount(isDecoded ? counted : max(counted, Int64(clamping: response.pointee.body_bytes)))
    }

    private var version: HTTPVersion {
        switch long(CURLINFO_HTTP_VERSION) {
        case CURL_HTTP_VERSION_2_0: .http2
        case CURL_HTTP_VERSION_3: .http3
        default: .http1
        }
    }

    private var remoteAddress: String {
        var text: UnsafeMutablePointer<CChar>?
        guard let easy, fh_easy_get_string(easy, CURLINFO_PRIMARY_IP, &text) == CURLE_OK, let text else { return "" }
        let length = strlen(text)
        let isLast = lastAddress.utf8.withContiguousStorageIfAvailable { last in
            guard let start = last.baseAddress, last.count == length else { return length == 0 }
            return memcmp(start, text, length) == 0
        }
        if isLast != true { lastAddress = String(cString: text) }
        return lastAddress
    }

    private var keptHeaders: [HTTPHeader] {
        var rest = UnsafeRawBufferPointer(start: response.pointee.headers, count: response.pointee.headers_length)[...]
        guard !rest.isEmpty else { return [] }
        var headers: [HTTPHeader] = []
        func text() -> String {
            let bytes = rest.prefix { $0 != 0 }
            rest = rest.dropFirst(bytes.count + 1)
            return String(decoding: bytes, as: UTF8.self)
        }
        while !rest.isEmpty {
            let name = text()
            headers.append(HTTPHeader(name: name, value: text()))
        }
        return headers
    }

    /// libcurl counts from the moment it got the transfer; the time before that (waiting for a turn, our own name
    /// lookup) comes on top.
    ///
    /// A step that did not happen has the value of the one before it.
    private func timings(total: TimeAmount) -> TransferTimings {
        let before = launched - begun
        var last = min(before, total)
        func step(_ info: CURLINFO) -> TimeAmount {
            let time = offset(info)
            if time > 0 { last = min(max(last, before + .microseconds(time)), total) }
            return last
        }
        let lookup = step(CURLINFO_NAMELOOKUP_TIME_T)
        let connect = step(CURLINFO_CONNECT_TIME_T)
        let tls = step(CURLINFO_APPCONNECT_TIME_T)
        var firstByte = hasFirstByte ? step(CURLINFO_STARTTRANSFER_TIME_T) : last
        if response.pointee.shaped, hasFirstByte { firstByte = min(max(firstByte, heldUntil - begun), total) }
        return TransferTimings(
            begun: begun, nameLookup: lookup, connect: connect, tls: tls, firstByte: firstByte, total: total)
    }

    private func long(_ info: CURLINFO) -> Int {
        var value = 0
        if let easy { fh_easy_get_long(easy, info, &value) }
        return value
    }

    func offset(_ info: CURLINFO) -> Int64 {
        var value: curl_off_t = 0
        if let easy { fh_easy_get_offset(easy, info, &value) }
        return Int64(value)
    }
}

// Errors.
extension EasyTransfer {
    private func error(for code: CURLcode) -> TransferError {
        let received = bodyBytes
        let isSent = offset(CURLINFO_PRETRANSFER_TIME_T) > 0
        switch code {
        case CURLE_URL_MALFORMAT:
            return .badURI
        case CURLE_COULDNT_RESOLVE_HOST:
            return .nameLookup(host: channel.origins[origin].target.host)
        case CURLE_COULDNT_CONNECT, CURLE_INTERFACE_FAILED:
            return .connect(detail: connectDetail(code))
        case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS:
            return .certificate(detail: detail(code))
        case CURLE_SSL_CONNECT_ERROR, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CIPHER, CURLE_SSL_CERTPROBLEM,
            CURLE_SSL_ENGINE_NOTFOUND, CURLE_USE_SSL_FAILED:
            return .tls(detail: detail(code))
        case CURLE_OPERATION_TIMEDOUT:
            return .timeout(isSent ? .total : .connect)
        case CURLE_PARTIAL_FILE, CURLE_GOT_NOTHING, CURLE_HTTP2_STREAM:
            return .truncated(received: received)
        case CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_SEND_FAIL_REWIND:
            return isSent ? .truncated(received: received) : .connect(detail: detail(code))
        case CURLE_WRITE_ERROR:
            return callbackError(code)
        case CURLE_WEIRD_SERVER_REPLY, CURLE_UNSUPPORTED_PROTOCOL, CURLE_BAD_CONTENT_ENCODING, CURLE_HTTP2:
            return .malformedResponse(detail: detail(code))
        default:
            return .other(code: Int(code.rawValue), detail: detail(code))
        }
    }

    /// Our own callbacks ended the transfer, or libcurl's decoder did.
    private func callbackError(_ code: CURLcode) -> TransferError {
        switch fh_response_failure(rawValue: UInt32(clamping: response.pointee.failure)) {
        case fh_response_body_too_large:
            return .bodyTooLarge(limit: ByteCount(Int64(clamping: response.pointee.body_limit)))
        case fh_response_headers_too_large:
            let limit = channel.settings.headerLimit.count
            return .malformedResponse(detail: "the response's headers have more than \(limit) bytes")
        case fh_response_out_of_memory:
            return .other(code: Int(CURLE_OUT_OF_MEMORY.rawValue), detail: "no memory for the response")
        default:
            return .malformedResponse(detail: detail(code))
        }
    }

    /// Why there is no connection; a source address that cannot be used is named, as it is no fault of the server's.
    private func connectDetail(_ code: CURLcode) -> String {
        let detail = detail(code)
        guard let source = channel.sourceAddress,
            code == CURLE_INTERFACE_FAILED || detail.lowercased().contains("bind")
        else { return detail }
        let problem = AddressCheck.problem(withSource: source) ?? "cannot connect from \(source)"
        return "\(problem) (\(detail))"
    }

    /// libcurl's sentence about a failure.
    private func detail(_ code: CURLcode) -> String {
        let text = withUnsafeBytes(of: &response.pointee.error) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        return text.isEmpty ? String(cString: curl_easy_strerror(code)) : text
    }
}
