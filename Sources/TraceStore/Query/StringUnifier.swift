/// Gives equal strings of different views the same number.
struct StringUnifier {
    private struct Key: Hashable {
        var view: Int
        var string: UInt32
    }

    private var known: [Key: UInt32] = [:]
    private var numbers: [[UInt8]: UInt32] = [:]

    mutating func number(of string: UInt32, in view: Int, _ columns: SegmentColumns) -> UInt32 {
        let key = Key(view: view, string: string)
        if let number = known[key] { return number }
        let next = UInt32(truncatingIfNeeded: numbers.count)
        let number = numbers[Array(columns.bytes(string)), default: next]
        if number == next { numbers[Array(columns.bytes(string))] = next }
        known[key] = number
        return number
    }
}
