import Quantities

/// When and as what a viewer came: fixed before the session begins.
package struct SessionArrival: Hashable, Sendable {
    /// When the plan said that the session begins.
    package var due: Instant
    /// When it did begin; never before `due` in a sound run.
    ///
    /// The difference is the lateness of the arrival.
    package var started: Instant
    /// The name of the stream in the profile.
    package var stream: String
    /// The name of the viewer's region, or `""` where the profile has none.
    package var region: String
    /// The edge that the plan pinned this viewer to, or `""` when name lookup decides; then the peer of its first
    /// transfer counts as its edge.
    package var edge: String
    /// The name of the device: the player preset, or what the profile calls it.
    package var device: String
    /// The name of the phase that brought the viewer, or `""` where the profile has none.
    package var phase: String
    /// The name of the viewer's network, or `""` where the profile has none.
    package var network: String

    /// Creates an arrival.
    package init(
        due: Instant, started: Instant, stream: String, region: String = "", edge: String = "", device: String = "",
        phase: String = "", network: String = ""
    ) {
        self.due = due
        self.started = started
        self.stream = stream
        self.region = region
        self.edge = edge
        self.device = device
        self.phase = phase
        self.network = network
    }

    /// How late the session began; zero when it was in time.
    package var lateness: TimeAmount { max(.zero, started - due) }
}
