import Manifests
import Quantities

/// Whether a session may show protected content.
enum LicenceState: Sendable, Hashable {
    /// It is not known yet whether the presentation is protected.
    case undecided
    /// One has been asked for.
    case awaited
    /// None is needed, or it has been granted.
    case settled
}

/// The answer to a request for a licence.
package enum LicenceAnswer: Sendable, Hashable {
    /// The protected content may be shown.
    case granted
    /// It may not: the status of the answer (0 without one) and the label of the error, or `""`.
    case refused(status: Int, error: String)
}

/// Licences for protected content: asked for once in a session, and no frame is shown before the answer.
extension PlayerSession {
    /// True while the first frame must wait for a licence, or for it to be known whether one is needed.
    var awaitsLicence: Bool { settings.requestsLicences && !isAsset && licence != .settled }

    /// Asks for a licence as soon as it is known that one is needed.
    mutating func checkLicence(_ effects: inout SessionEffects) {
        guard settings.requestsLicences, !isAsset, licence == .undecided, !loaders.isEmpty else { return }
        if isProtected {
            licence = .awaited
            effects.append(.acquireLicence)
        } else if loaders.allSatisfy({ $0.media != nil || $0.kind == .subtitles }) {
            licence = .settled
        }
    }

    /// True when what is played names a protection system: a DASH ContentProtection, or an HLS key of another format
    /// than `identity`, which is a file with the key itself.
    private var isProtected: Bool {
        if presentation?.details.sessionKeys.contains(where: { $0.keyFormat != "identity" }) == true { return true }
        return loaders.indices.contains { position in
            if switchingSet(of: position)?.protections.isEmpty == false { return true }
            guard let segments = loaders[position].media?.segments else { return false }
            return [segments.first, segments.last].contains { segment in
                segment?.keys.contains { $0.keyFormat != "identity" } == true
            }
        }
    }

    mutating func licenceAnswered(_ answer: LicenceAnswer, at now: Instant, _ effects: inout SessionEffects) {
        guard licence == .awaited, !state.isFinal else { return }
        licence = .settled
        if case .refused(let status, let error) = answer {
            fail(.licence(status: status, error: error), at: now, &effects)
        }
    }
}
