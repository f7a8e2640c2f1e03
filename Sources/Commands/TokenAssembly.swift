import Access
import Foundation
import Journeys
import LoadTest
import Quantities
import RunProfile

/// Makes the policy of a run's tokens from a profile: reads the keys, and tries whether the scheme can say what is wanted.
enum TokenAssembly {
    /// - Throws: ``CommandFailure`` with a sentence when a key cannot be read, or a token not be signed.
    static func policy(_ token: RunProfile.Token, site: String) throws -> TokenPolicy {
        guard token.scheme != RunProfile.Token.issued else { return issued(token) }
        let scheme = try scheme(token)
        var policy = TokenPolicy(
            scheme: scheme, placement: token.placement, paths: token.paths, lifetime: token.lifetime,
            refresh: token.refresh)
        set(token, &policy)
        do throws(TokenError) {
            try bind(token, &policy, site: site)
            policy.renewalHeader = try renewalHeader(policy, site: site)
        } catch {
            throw CommandFailure(.badInput, "the profile's token cannot be signed: \(error.description)")
        }
        return policy
    }

    private static func issued(_ token: RunProfile.Token) -> TokenPolicy {
        var policy = TokenPolicy(
            scheme: IssuedToken(names: token.fields.map(\.name)), placement: token.placement, paths: ["/*"],
            lifetime: token.lifetime, refresh: token.refresh)
        policy.issuedFields = token.fields.map { .init(name: $0.name, template: $0.template) }
        policy.renewalHeader = token.renewalHeader
        set(token, &policy)
        return policy
    }

    private static func set(_ token: RunProfile.Token, _ policy: inout TokenPolicy) {
        policy.requests = token.onManifestOnly ? .manifest : .every
        policy.hosts = Set(token.hosts)
        policy.refreshInterval = token.refreshInterval
        policy.refreshesWhenRefused = token.refreshesWhenRefused
        policy.clockShift = token.clockShift
        policy.clientAddress = token.clientAddress
        policy.payload = token.payload
        policy.saysStart = token.saysStart
    }

    /// The scheme with its key.
    static func scheme(_ token: RunProfile.Token) throws -> any TokenScheme {
        guard let description = TokenSchemes.named(token.scheme) else {
            throw CommandFailure(.badInput, "there is no token scheme '\(token.scheme)'")
        }
        return try scheme(
            description, key: token.key, encoding: token.encoding, options: token.options, secrets: token.secrets)
    }

    /// A scheme with its key, from where the key is kept.
    static func scheme(
        _ description: SchemeDescription, key: SecretReference?, encoding: KeyEncoding?, options: [String: String],
        secrets: [String: SecretReference]
    ) throws -> any TokenScheme {
        let material = try key.map { try SecretLoader.material($0) }
        let others = try secrets.mapValues { try SecretLoader.material($0) }
        do throws(TokenError) {
            return try description.scheme(key: material, encoding: encoding, values: options, secrets: others)
        } catch {
            let place = key.map { SecretLoader.place($0) + ": " } ?? ""
            throw CommandFailure(.badInput, place + error.description)
        }
    }

    /// Binds tokens to their session where that is wanted, or where nothing is said and the scheme can.
    private static func bind(
        _ token: RunProfile.Token, _ policy: inout TokenPolicy, site: String
    ) throws(TokenError) {
        policy.bindsSession = token.bindsSession ?? true
        let now = WallClock.now()
        do throws(TokenError) {
            _ = try policy.scheme.sign(policy.grant(to: SessionID(0), for: site + "/x", at: now), for: policy.placement)
        } catch {
            guard token.bindsSession == nil else { throw error }
            policy.bindsSession = false
            _ = try policy.scheme.sign(policy.grant(to: SessionID(0), for: site + "/x", at: now), for: policy.placement)
        }
    }

    /// The header by which an edge renews tokens of this policy; nil where it does not, or by a cookie.
    private static func renewalHeader(_ policy: TokenPolicy, site: String) throws(TokenError) -> String? {
        guard let scheme = policy.scheme as? any RenewableTokenScheme else { return nil }
        let grant = policy.grant(to: SessionID(0), for: site + "/x", at: WallClock.now())
        let token = try scheme.sign(grant, for: policy.placement)
        guard case .header(let name)? = scheme.renewalCarrier(of: token, sentIn: policy.placement) else { return nil }
        return name.lowercased()
    }
}

/// Reads keys from where they are kept.
enum SecretLoader {
    /// The key at a reference, as it stands there.
    ///
    /// - Throws: ``CommandFailure`` that names the place, not the content.
    static func material(_ reference: SecretReference) throws -> KeyMaterial {
        switch reference {
        case .environment(let name):
            guard let value = ProcessInfo.processInfo.environment[name] else {
                throw CommandFailure(.noInput, "\(place(reference)), which is to hold a signing key, is not set")
            }
            return KeyMaterial(value)
        case .file(let path):
            guard let value = FileManager.default.contents(atPath: path) else {
                throw CommandFailure(.noInput, "\(place(reference)) cannot be read")
            }
            return KeyMaterial(bytes: Array(value))
        }
    }

    /// The text of a secret that a step of a journey names, without white space at its end.
    ///
    /// - Throws: ``CommandFailure`` that names the place, not the content.
    static func text(of name: Template.Name, in step: String) throws -> String {
        switch name {
        case .environment(let variable):
            guard let value = ProcessInfo.processInfo.environment[variable] else {
                throw CommandFailure(
                    .noInput, "the environment variable \(variable), which the step \(step) needs, is not set")
            }
            return value
        case .file(let path):
            guard var text = try? String(contentsOfFile: path, encoding: .utf8) else {
                throw CommandFailure(.noInput, "the file \(path), which the step \(step) needs, cannot be read")
            }
            while text.last?.isWhitespace == true { text.removeLast() }
            return text
        case .value, .viewer, .session, .now, .random: return ""
        }
    }

    /// What a place is called in sentences.
    static func place(_ reference: SecretReference) -> String {
        switch reference {
        case .environment(let name): "the environment variable \(name)"
        case .file(let path): "the key file \(path)"
        }
    }

    /// The key in hexadecimal digits at a reference.
    ///
    /// - Throws: ``CommandFailure`` that names the place, not the content.
    static func key(_ reference: SecretReference) throws -> SecretKey {
        let material = try material(reference)
        do throws(TokenError) {
            return try material.secret(.hexadecimal)
        } catch {
            throw CommandFailure(.badInput, "\(place(reference)) does not hold a key: \(error.description)")
        }
    }
}
