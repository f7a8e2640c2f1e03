import Quantities

/// All visits of a plan in the order in which they begin; those of the same instant in the order of their numbers.
///
/// Holds only who and when, 16 bytes a visit; the rest of a visit is made when it is asked for.
package struct AudienceSchedule: Sendable {
    let plan: AudiencePlan
    let visits: [Visit]

    /// A visit's begin and whose it is.
    struct Visit: Sendable, Hashable, Comparable {
        var arrival: Instant
        var id: SessionID

        static func < (left: Visit, right: Visit) -> Bool {
            left.arrival == right.arrival ? left.id < right.id : left.arrival < right.arrival
        }
    }

    /// Lays a plan out.
    init(_ plan: AudiencePlan) {
        self.plan = plan
        var visits: [Visit] = []
        visits.reserveCapacity(plan.viewers)
        var isOrdered = true
        for viewer in 0..<plan.viewers {
            if plan.layout.events.isEmpty {
                visits.append(Visit(arrival: plan.firstArrival(of: viewer), id: SessionID(viewer: viewer)))
            } else {
                plan.forEachVisit(of: viewer) { visits.append(Visit(arrival: $0.arrival, id: $0.id)) }
            }
            if isOrdered, let last = visits.last, visits.count > 1 {
                isOrdered = visits[visits.count - 2].arrival <= last.arrival
            }
        }
        // Constant rates and ramps come in order as they are.
        if !isOrdered || !plan.layout.events.isEmpty { visits.sort() }
        self.visits = visits
    }

    /// The number of visits; not fewer than viewers.
    package var count: Int { visits.count }

    /// The viewer whose visit stands at a place.
    package func viewer(at index: Int) -> Int { Int(visits[index].id.viewer) }

    /// The identifier of the visit that stands at a place; unlike the rest, nothing is computed for it.
    package func id(at index: Int) -> SessionID { visits[index].id }

    /// When the visit at a place begins; unlike the rest of the visit, nothing is computed for it.
    package func arrival(at index: Int) -> Instant { visits[index].arrival }

    /// The visit at a place in the order of arrival.
    package subscript(index: Int) -> PlannedSession {
        let visit = visits[index].id
        if plan.layout.events.isEmpty { return plan.session(Int(visit.viewer)) }
        var found: PlannedSession?
        plan.forEachVisit(of: Int(visit.viewer)) { if $0.id == visit { found = $0 } }
        guard let found else { preconditionFailure("a schedule holds only visits of its plan") }
        return found
    }

    /// A number that two schedules share when they are the same in every field of every visit, as 16 hexadecimal digits.
    ///
    /// FNV-1a of 64 bits (Fowler, Noll, Vo; RFC 9923) over the fields as 64-bit words, the lowest byte first, in the order
    /// of arrival.
    package var fingerprint: String {
        var hash = Fingerprint()
        for index in visits.indices { hash.add(self[index]) }
        return hash.text
    }
}

/// FNV-1a of 64 bits.
private struct Fingerprint {
    private var state: UInt64 = 0xCBF2_9CE4_8422_2325

    mutating func add(_ word: UInt64) {
        for shift in stride(from: 0, to: 64, by: 8) {
            state = (state ^ (word >> UInt64(shift) & 0xFF)) &* 0x0000_0100_0000_01B3
        }
    }

    mutating func add(_ session: PlannedSession) {
        add(session.id.number)
        add(UInt64(bitPattern: session.arrival.nanoseconds))
        for position in [session.phase, session.stream, session.region, session.device, session.network] {
            add(UInt64(clamping: position))
        }
        add(session.household)
        add(session.place.bitPattern)
        add(UInt64(bitPattern: session.watch?.nanoseconds ?? .min))
        add(UInt64(bitPattern: session.departure?.at.nanoseconds ?? .min))
        add(session.departure.map { $0.kind == .leaves ? 1 : 2 } ?? 0)
    }

    var text: String {
        let digits = String(state, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
