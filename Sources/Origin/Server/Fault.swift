import Quantities

/// What goes wrong with one answer.
enum Fault: Equatable {
    case notFound
    case serverError
    case unavailable
    /// The share of the body that is sent, from 0 to below 1.
    case truncated(Double)
    case errorPage
    case empty
    /// The share of the body that there is, from 0 to below 1.
    case short(Double)
    case wrongType

    /// The fault of a numbered request; nil when nothing goes wrong.
    init?(_ rates: FaultRates, seed: UInt64, number: UInt64, of resource: ResourceKind) {
        guard rates != FaultRates() else { return nil }
        var generator = SeededGenerator(seed: seed, stream: number, purpose: resource == .playlist ? 1 : 2)
        var draw = generator.unit()
        let share = generator.unit()
        let faults: [(Double, Fault)] = [
            (rates.notFound, .notFound), (rates.serverError, .serverError), (rates.unavailable, .unavailable),
            (rates.truncated, .truncated(share)), (rates.errorPage, .errorPage), (rates.empty, .empty),
            (rates.short, .short(share)), (rates.wrongType, .wrongType),
        ]
        for (rate, fault) in faults {
            if draw < rate {
                self = fault
                return
            }
            draw -= rate
        }
        return nil
    }

    /// The status of an answer that is nothing but a failure; nil when there is a body to spoil.
    var refusalStatus: Int? {
        switch self {
        case .notFound: 404
        case .serverError: 500
        case .unavailable: 503
        case .truncated, .errorPage, .empty, .short, .wrongType: nil
        }
    }

    /// An object with this fault; truncation and refusals leave it alone.
    func spoil(_ object: EdgeObject) -> EdgeObject {
        switch self {
        case .notFound, .serverError, .unavailable, .truncated: return object
        case .errorPage:
            let page = "<!DOCTYPE html>\n<html><body><h1>Something went wrong</h1></body></html>\n"
            return EdgeObject(ContentObject(mediaType: "text/html; charset=utf-8", text: page))
        case .empty: return EdgeObject(ContentObject(mediaType: object.mediaType, bytes: []))
        case .short(let share):
            guard case .content(let content) = object.body else { return object }
            let parts = content.parts(in: 0..<Int(Double(content.size) * share))
            return EdgeObject(ContentObject(mediaType: object.mediaType, parts: parts))
        case .wrongType:
            var spoiled = object
            spoiled.mediaType = "text/plain"
            return spoiled
        }
    }
}
