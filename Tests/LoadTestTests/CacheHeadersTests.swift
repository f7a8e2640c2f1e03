import Playback
import Testing
import Transport

@testable import LoadTest

@Suite struct CacheHeadersTests {
    /// Headers written as `name: value` lines.
    private static func headers(_ text: String) -> [HTTPHeader] {
        text.split(separator: "\n").map { line in
            let halves = line.split(separator: ":", maxSplits: 1)
            return HTTPHeader(name: String(halves[0]), value: String(halves[1].drop { $0 == " " }))
        }
    }

    @Test(arguments: [
        ("", CacheStatus.unknown),
        // RFC 9211, section 4 among them.
        ("cache-status: ExampleCache; hit", .hit), ("cache-status: ExampleCache; hit; ttl=376", .hit),
        ("cache-status: ExampleCache; hit; ttl=-412", .stale),
        ("cache-status: ExampleCache; fwd=uri-miss; stored", .miss),
        ("cache-status: ExampleCache; fwd=stale; fwd-status=304", .revalidated),
        ("cache-status: ExampleCache; fwd=stale", .miss), ("cache-status: ExampleCache; fwd=partial", .miss),
        ("cache-status: ExampleCache; fwd=uri-miss; collapsed", .miss),
        ("cache-status: ExampleCache; fwd=bypass", .bypass),
        ("cache-status: a; fwd=method", .bypass), ("cache-status: a; fwd=request", .bypass),
        ("cache-status: a", .unknown),
        ("cache-status: OriginCache; hit; ttl=1100, \"CDN Company Here\"; fwd=uri-miss", .miss),
        ("cache-status: OriginCache; fwd=miss, edge ; hit ", .hit),
        ("cache-status: edge; hit; key=\"a,b;fwd=miss\"", .hit), ("cache-status: edge; hit=?0; fwd=miss", .miss),
        ("cache-status: shield; fwd=miss\ncache-status: edge; hit", .hit),
        ("cache-status: edge; hit\nx-cache: MISS", .hit),
        // CloudFront
        ("x-cache: Hit from cloudfront", .hit), ("x-cache: Miss from cloudfront", .miss),
        ("x-cache: RefreshHit from cloudfront", .revalidated), ("x-cache: Error from cloudfront", .error),
        ("x-cache: Redirect from cloudfront", .unknown), ("x-cache: LambdaGeneratedResponse from cloudfront", .unknown),
        // Cloudflare
        ("cf-cache-status: HIT", .hit), ("cf-cache-status: EXPIRED", .miss), ("cf-cache-status: STALE", .stale),
        ("cf-cache-status: BYPASS", .bypass), ("cf-cache-status: REVALIDATED", .revalidated),
        ("cf-cache-status: UPDATING", .stale), ("cf-cache-status: DYNAMIC", .bypass),
        ("cf-cache-status: NONE", .unknown),
        // Fastly: the edge is the last one.
        ("x-cache: MISS, HIT", .hit), ("x-cache: HIT, MISS", .miss), ("x-cache: HIT\nx-cache: MISS", .miss),
        // Akamai
        ("x-cache: TCP_HIT from a23-1.deploy.akamaitechnologies.com (AkamaiGHost/9)", .hit),
        ("x-cache: TCP_MEM_HIT", .hit),
        ("x-cache: TCP_MISS from a23-hit-1.deploy.akamaitechnologies.com", .miss),
        ("x-cache: TCP_REFRESH_HIT from a23", .revalidated), ("x-cache: TCP_REFRESH_MISS from a23", .miss),
        ("x-cache: TCP_REFRESH_FAIL_HIT", .stale), ("x-cache: TCP_IMS_HIT", .hit), ("x-cache: TCP_EXPIRED_HIT", .stale),
        ("x-cache: TCP_EXPIRED_MISS", .miss), ("x-cache: TCP_DENIED", .error),
        ("akamai-cache-status: Hit from child", .hit), ("server-timing: cdn-cache; desc=HIT, edge; dur=1", .hit),
        ("server-timing: origin; dur=12, cdn-cache; desc=\"MISS\"", .miss), ("server-timing: edge; dur=1", .unknown),
        // Azure, bunny, nginx, CDN77, Google
        ("x-cache: TCP_REMOTE_HIT", .hit), ("x-cache: PRIVATE_NOSTORE", .bypass), ("x-cache: CONFIG_NOCACHE", .bypass),
        ("cdn-cache: HIT", .hit), ("x-proxy-cache: EXPIRED", .miss), ("x-cache-status: UPDATING", .stale),
        ("x-77-cache: MISS", .miss), ("x-cache-status: den;hit", .hit),
        // Age
        ("age: 5", .hit), ("age: 0", .unknown), ("age: soon", .unknown), ("age: 5\nx-cache: MISS", .miss),
        ("x-cache: LambdaGeneratedResponse from cloudfront\nage: 3", .hit), ("x-cache: ", .unknown),
    ])
    func statuses(_ text: String, _ expected: CacheStatus) {
        #expect(CacheHeaders.status(Self.headers(text)) == expected)
    }

    @Test(arguments: [
        ("", ""), ("x-pop: osl", "osl"), ("x-amz-cf-pop: ARN56-P1", "ARN56-P1"), ("cf-ray: 8a1b2c3d4e5f-OSL", "OSL"),
        ("x-served-by: cache-ams123-AMS, cache-bma456-BMA", "BMA"), ("x-edge-location: defr", "defr"),
        ("x-77-pop: frankfurtDE", "frankfurtDE"), ("server: BunnyCDN-SE1-1234", "SE1"), ("server: nginx", ""),
        ("cf-ray: ", ""), ("x-served-by: ,", ""), ("x-pop: a\u{1B}[31m<b>\"é", "a31mb"),
        ("x-pop: 0123456789012345678901234567890123456789", "01234567890123456789012345678901"),
        ("cf-ray: 1-OSL\nx-pop: bgo", "bgo"),
    ])
    func pointsOfPresence(_ text: String, _ expected: String) {
        #expect(CacheHeaders.pop(Self.headers(text)) == expected)
    }

    @Test func allHeadersThatAreReadAreKept() {
        for name in ["cache-status", "x-cache", "age", "server-timing", "server", "x-pop", "cf-ray", "x-77-cache"] {
            #expect(CacheHeaders.names.contains(name))
        }
        #expect(Set(CacheHeaders.names).count == CacheHeaders.names.count)
    }
}
