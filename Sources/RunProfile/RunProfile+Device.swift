import Playback
import Quantities
import Transport

extension RunProfile {
    /// What a part of the viewers watches with.
    package struct Device: Sendable, Hashable {
        /// The name in reports.
        package var name: String
        /// Its part of the viewers, weighed against the others'.
        package var weight: Double
        /// The player that it is taken to be.
        package var preset: PlayerPreset
        /// How the player behaves: the preset's constants, and over them what the profile says of every player and of
        /// this device.
        package var player: PlayerSettings
        /// How its requests are made; certificates are the same for all devices.
        package var http: HTTP
        /// Further headers of every request, as the preset sends them, with the profile's own in the place of those of
        /// the same name.
        package var headers: [HTTPHeader] = []
    }
}

extension RunProfile {
    /// How tracks are chosen, in words: by which device, where there is more than one way.
    package var mode: String {
        let devices = devices.filter { $0.weight > 0 }
        guard let first = devices.first else { return player.adaptation.label }
        let labels = devices.map { $0.player.adaptation.label }
        guard Set(labels).count > 1 else { return first.player.adaptation.label }
        let ways = zip(devices, labels).map { device, label in
            "\(device.name) (\(label.replacing("adaptive: ", with: "")))"
        }
        return "adaptive: " + ways.joined(separator: ", ")
    }
}
