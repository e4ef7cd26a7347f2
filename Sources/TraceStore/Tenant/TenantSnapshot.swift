/// All spans that a tenant had at one moment. It stays valid and unchanged for as long as it is held, whatever is stored, sealed,
/// merged or deleted meanwhile.
struct TenantSnapshot: Sendable {
    /// Newest first: the head, then segments by the time they were received. A trace may have spans in several. Arrival order over
    /// all views is this list backwards, then rows. Never holds a view without rows.
    let views: [SegmentView]
}
