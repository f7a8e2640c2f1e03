import Quantities

/// What all channels of a ``CurlLoopGroup`` have in common.
package struct CurlTransportSettings: Sendable {
    /// A file of trusted certificates in PEM form; nil means the system's.
    package var certificateAuthorities: String?
    /// Whether a server's certificate and name are verified.
    ///
    /// Default true; false is for laboratories only.
    package var verifiesCertificates: Bool
    /// The hosts that may be contacted, in lower case, each as `host` (every port) or `host:port`, IPv6 addresses
    /// without brackets; nil means any.
    ///
    /// Another host's transfer ends with ``TransferError/hostNotAllowed(host:)`` before anything is sent or looked up.
    package var allowedHosts: Set<String>?
    /// The size of libcurl's receive buffer of a transfer in progress, 1 KiB to 512 KiB.
    ///
    /// Default 16 KiB; 64 KiB gain up to 10 % on bodies of a megabyte for that much more memory.
    package var transferBuffer: ByteCount
    /// `SO_RCVBUF` of each connection; nil (the default) leaves it to the kernel.
    package var socketReceiveBuffer: ByteCount?
    /// Local addresses (or interface names) to connect from, given to channels in turn; empty means the kernel's choice.
    package var sourceAddresses: [String]
    /// How long an address that the system's lookup gave is used for new connections; what a DNS server answers holds for
    /// its own time to live.
    ///
    /// Default 60 s.
    package var nameLifetime: TimeAmount

    /// Creates settings; the defaults suit a load test over the public network.
    package init(
        certificateAuthorities: String? = nil, verifiesCertificates: Bool = true, allowedHosts: Set<String>? = nil,
        transferBuffer: ByteCount = .kibibytes(16), socketReceiveBuffer: ByteCount? = nil,
        sourceAddresses: [String] = [], nameLifetime: TimeAmount = .seconds(60 as Int64)
    ) {
        self.certificateAuthorities = certificateAuthorities
        self.verifiesCertificates = verifiesCertificates
        self.allowedHosts = allowedHosts
        self.transferBuffer = transferBuffer
        self.socketReceiveBuffer = socketReceiveBuffer
        self.sourceAddresses = sourceAddresses
        self.nameLifetime = nameLifetime
    }
}

/// Why event loops could not be set up.
package enum CurlSetupError: Error, Hashable, Sendable {
    /// libcurl's global initialisation failed with this code.
    case library(code: Int)
    /// The system refused something, such as an epoll descriptor or a thread; `errno` is its number.
    case system(call: String, errno: Int32)
    /// libcurl refused an option; it is too old or was built without a part that is needed.
    case option(name: String, detail: String)
}
