/// What statuses say of a gate.
package enum GateStatus {
    /// True for the statuses with which a gate refuses: 401, 403 and 410.
    package static func isRefusal(_ status: Int) -> Bool { status == 401 || status == 403 || status == 410 }
}
