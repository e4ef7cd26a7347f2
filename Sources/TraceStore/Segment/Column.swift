/// Keeps the memory behind columns alive: a head's buffer or a mapped segment file. It frees the memory when nothing refers to it.
class ColumnOwner: @unchecked Sendable {
    // @unchecked: the class has no state; subclasses say beside theirs why it may be shared.
    init() {}
}

/// One immutable column of fixed-width values: a pointer, a count, and the owner that keeps the memory alive.
///
/// A copy is cheap (a retain). In a hot loop take ``buffer`` once and keep the column (or its ``SegmentView``) alive around it with
/// `withExtendedLifetime`.
struct Column<Element: BitwiseCopyable>: @unchecked Sendable {
    // @unchecked: the values at `base..<base + count` never change while `owner` lives. For a segment the file is mapped read-only.
    // For a head the values were written before the snapshot was taken under the head's lock, and a head only ever writes behind
    // the count of every snapshot (see `GrowableColumn`).
    private let owner: ColumnOwner?
    private let base: UnsafePointer<Element>?
    /// How many values there are.
    let count: Int

    /// A column without values.
    init() {
        owner = nil
        base = nil
        count = 0
    }

    /// - Parameter base: `count` initialised values that stay as they are as long as `owner` lives.
    init(base: UnsafePointer<Element>, count: Int, owner: ColumnOwner) {
        self.owner = owner
        self.base = base
        self.count = count
    }

    /// The value at a position below ``count``; a position outside traps, so it must come from a validated column.
    @inline(__always)
    subscript(_ index: Int) -> Element {
        precondition(UInt(bitPattern: index) < UInt(bitPattern: count))
        return base.unsafelyUnwrapped[index]
    }

    /// All values. Valid only while the column lives.
    var buffer: UnsafeBufferPointer<Element> { UnsafeBufferPointer(start: base, count: count) }
}

/// Lists of values laid end to end: list `i` is `values[offsets[i]..<offsets[i + 1]]`.
///
/// Invariant, checked when a file is opened: `offsets` has one entry more than there are lists, never falls, and ends at or below
/// `values.count`.
struct ListColumn<Element: BitwiseCopyable>: Sendable {
    var offsets: Column<UInt32>
    var values: Column<Element>

    init() {
        offsets = Column()
        values = Column()
    }

    init(offsets: Column<UInt32>, values: Column<Element>) {
        self.offsets = offsets
        self.values = values
    }

    /// How many lists there are.
    var count: Int { max(0, offsets.count - 1) }

    /// Where the values of a list lie in ``values``.
    @inline(__always)
    func range(_ index: Int) -> Range<Int> { Int(offsets[index])..<Int(offsets[index + 1]) }

    /// The values of a list; valid only while the column lives.
    @inline(__always)
    func buffer(_ index: Int) -> UnsafeBufferPointer<Element> {
        UnsafeBufferPointer(rebasing: values.buffer[range(index)])
    }
}
