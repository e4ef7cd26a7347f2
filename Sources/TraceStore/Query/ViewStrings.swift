import TraceQL

/// The strings of all views of a tenant as one range of numbers, view after view, and behind them what lists hold.
///
/// Equal strings of different views have different numbers, which evaluation allows.
final class ViewStrings: StringDictionary {
    private let views: [SegmentView]
    /// The number of each view's string id 0; at the end the number of the first interned string.
    private let bases: [UInt32]
    private let interner: StringInterner

    var count: Int { Int(bases[views.count]) + interner.count }
    let generation: UInt64 = 0

    /// - Throws: ``StoreQueryError`` when there are more strings than can be numbered.
    init(_ views: [SegmentView]) throws {
        self.views = views
        var bases: [UInt32] = [0]
        var next = 0
        for view in views {
            next += view.columns.strings.count
            guard next <= 1 << 29 else {
                throw StoreQueryError(.evaluation, "too many distinct strings in the time range")
            }
            bases.append(UInt32(truncatingIfNeeded: next))
        }
        self.bases = bases
        interner = StringInterner(limit: 1 << 29)
    }

    /// The number of a view's string.
    @inline(__always)
    func reference(_ string: UInt32, in view: Int) -> StringRef { StringRef(bases[view] &+ string) }

    /// The number of a string that no view has as such.
    func intern(_ string: [UInt8]) -> StringRef {
        StringRef(bases[views.count] &+ interner.intern(string).id)
    }

    func withBytes<Result>(of ref: StringRef, _ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        if ref.id >= bases[views.count] {
            return interner.withBytes(of: StringRef(ref.id - bases[views.count]), body)
        }
        // Few views: the one with the number is found from the end, where old and small ones are.
        var view = views.count - 1
        while view > 0 && bases[view] > ref.id { view -= 1 }
        return withExtendedLifetime(views[view]) { body(views[view].columns.bytes(ref.id - bases[view])) }
    }

    /// The text; broken UTF-8 becomes U+FFFD.
    func text(_ ref: StringRef?) -> String {
        guard let ref else { return "" }
        return withBytes(of: ref) { String(decoding: $0, as: UTF8.self) }
    }
}
