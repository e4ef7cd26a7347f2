/// What the elements of one input may still take: their number, and the memory of the lists and maps that hold them.
struct ElementBudget {
    private var elementsLeft: Int
    private var bytesLeft: Int

    /// What the list or map that an element is the first of takes beside its elements.
    private static let headerSize = 32

    init(_ limits: WireLimits, inputSize: Int) {
        elementsLeft = limits.maxElements
        let (bytes, overflow) = inputSize.multipliedReportingOverflow(by: max(limits.maxExpansion, 0))
        bytesLeft = overflow ? .max : max(bytes, WireLimits.freeMemory)
    }

    /// Counts an element that takes no place of its own in a list.
    @inline(__always)
    mutating func count() throws(WireError) {
        guard elementsLeft > 0 else { throw WireLimits.tooManyElements() }
        elementsLeft -= 1
    }

    /// Takes the memory of an element that is about to be appended to a list of `count`.
    @inline(__always)
    mutating func take<Element>(_: Element.Type, after count: Int) throws(WireError) {
        try take(MemoryLayout<Element>.stride + (count == 0 ? Self.headerSize : 0))
    }

    /// Takes the memory of an entry of a map, whose table is on average a little more than half full.
    @inline(__always)
    mutating func takeEntry<Value>(_: Value.Type) throws(WireError) {
        try take(2 * (MemoryLayout<String>.stride + MemoryLayout<Value>.stride))
    }

    private mutating func take(_ size: Int) throws(WireError) {
        guard bytesLeft >= size else { throw WireLimits.tooManyElements() }
        bytesLeft -= size
    }
}
