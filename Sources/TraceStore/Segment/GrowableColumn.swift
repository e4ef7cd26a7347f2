/// Memory of a growing column.
final class ColumnBuffer: ColumnOwner, @unchecked Sendable {
    // @unchecked: the address is constant; what may be read and written behind it is the rule of `GrowableColumn`.
    let base: UnsafeMutableRawPointer

    init(byteCount: Int) {
        base = .allocate(byteCount: max(byteCount, 1), alignment: 16)
        super.init()
    }

    deinit { base.deallocate() }
}

/// A column that grows at its end while snapshots of it are read by other threads.
///
/// Why that is safe:
/// - Only the owner of this value (a head, under its tenant's lock) writes, and it writes only behind `count`. Values below `count` are
///   never written again.
/// - A ``Column`` made by ``snapshot()`` reads only below the count of that moment. It is made under the same lock as the writes and is
///   handed to its reader afterwards, so these values happened before.
/// - Growth copies the values to a new buffer and drops this value's reference to the old one, which lives on, unwritten, for as long
///   as a snapshot holds it.
/// - The type cannot be copied, so there is no second writer behind the same count.
struct GrowableColumn<Element: BitwiseCopyable>: ~Copyable {
    private var owner: ColumnBuffer
    private var base: UnsafeMutablePointer<Element>
    private var capacity: Int
    /// How many values there are.
    private(set) var count = 0

    init(capacity: Int = 0) {
        self.capacity = capacity
        owner = ColumnBuffer(byteCount: capacity * MemoryLayout<Element>.stride)
        base = owner.base.assumingMemoryBound(to: Element.self)
    }

    /// Bytes that the values take.
    var byteCount: Int { count * MemoryLayout<Element>.stride }

    /// A value below ``count``.
    @inline(__always)
    subscript(_ index: Int) -> Element {
        precondition(UInt(bitPattern: index) < UInt(bitPattern: count))
        return base[index]
    }

    @inline(__always)
    mutating func append(_ value: Element) {
        if count == capacity { grow(by: 1) }
        base[count] = value
        count += 1
    }

    @inline(__always)
    mutating func append(contentsOf values: UnsafeBufferPointer<Element>) {
        guard let source = values.baseAddress, values.count > 0 else { return }
        if values.count > capacity - count { grow(by: values.count) }
        (base + count).update(from: source, count: values.count)
        count += values.count
    }

    @inline(never)
    private mutating func grow(by needed: Int) {
        let larger = max(count + needed, capacity * 2, 64)
        let buffer = ColumnBuffer(byteCount: larger * MemoryLayout<Element>.stride)
        let target = buffer.base.assumingMemoryBound(to: Element.self)
        target.update(from: base, count: count)
        owner = buffer
        base = target
        capacity = larger
    }

    /// Runs a closure on the values, which must not outlive it.
    @inline(__always)
    borrowing func withValues<Result>(_ body: (UnsafeBufferPointer<Element>) -> Result) -> Result {
        body(UnsafeBufferPointer(start: base, count: count))
    }

    /// The values as they are now.
    borrowing func snapshot() -> Column<Element> { Column(base: base, count: count, owner: owner) }
}

extension Column {
    /// A column of `count` zeros that a closure fills before anybody else sees it.
    init(count: Int, zero: Element, fill: (UnsafeMutableBufferPointer<Element>) -> Void) {
        let buffer = ColumnBuffer(byteCount: count * MemoryLayout<Element>.stride)
        let base = buffer.base.assumingMemoryBound(to: Element.self)
        base.initialize(repeating: zero, count: count)
        fill(UnsafeMutableBufferPointer(start: base, count: count))
        self.init(base: base, count: count, owner: buffer)
    }
}
