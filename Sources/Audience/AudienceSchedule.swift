import Quantities

/// All visits of a plan in the order in which they begin; those of the same instant in the order of their numbers.
///
/// Holds only who and when; the rest of a visit is made when it is asked for.
package struct AudienceSchedule: Sendable {
    private let plan: AudiencePlan
    private let visits: [Visit]

    /// A visit's begin and whose it is.
    struct Visit: Sendable, Hashable, Comparable {
        var arrival: Instant
        var id: SessionID

        static func < (left: Visit, right: Visit) -> Bool { (left.arrival, left.id) < (right.arrival, right.id) }
    }

    /// Lays a plan out.
    init(_ plan: AudiencePlan) {
        self.plan = plan
        visits = (0..<plan.viewers).flatMap { viewer in
            plan.visits(of: viewer).map { Visit(arrival: $0.arrival, id: $0.id) }
        }.sorted()
    }

    /// The number of visits; not fewer than viewers.
    package var count: Int { visits.count }

    /// The viewer whose visit stands at a place.
    package func viewer(at index: Int) -> Int { Int(visits[index].id.viewer) }

    /// The visit at a place in the order of arrival.
    package subscript(index: Int) -> PlannedSession {
        let visit = visits[index].id
        return plan.visits(of: Int(visit.viewer))[visit.visit]
    }
}
