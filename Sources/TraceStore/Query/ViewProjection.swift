import TempoAPI
import TraceQL

/// What a projection means in one view: which pairs of its dictionary go to which slots.
final class ViewProjection {
    /// No slot.
    static let none = UInt16.max

    /// For each pair its slot among the attributes of spans; empty when none are wanted. Likewise the others.
    let span: [UInt16]
    let resource: [UInt16]
    let scope: [UInt16]
    let event: [UInt16]
    let link: [UInt16]
    /// The pairs that mark a link to a parent: `opentracing.ref_type` = `child_of`.
    let childOf: BitSet?

    init(_ projection: Projection, _ columns: SegmentColumns) {
        var keys: [[UInt8]: UInt32] = [:]
        var seen = BitSet(capacity: columns.strings.count)
        for key in columns.pairKey.buffer { seen.insert(Int(key)) }
        seen.forEach {
            let id = UInt32(truncatingIfNeeded: $0)
            keys[Array(columns.bytes(id))] = id
        }
        func slots(_ wanted: [[UInt8]]) -> [UInt16] {
            let found = wanted.enumerated().compactMap { slot, key in
                slot < Int(Self.none) ? keys[key].map { (slot: slot, key: Int($0)) } : nil
            }
            guard let last = found.map(\.key).max() else { return [] }
            // Keys come early in a dictionary of strings, so this is short.
            var slotOfKey = [UInt16](repeating: Self.none, count: last + 1)
            for (slot, key) in found { slotOfKey[key] = UInt16(truncatingIfNeeded: slot) }
            return columns.pairKey.buffer.map { $0 <= last ? slotOfKey[Int($0)] : Self.none }
        }
        span = slots(projection.span)
        resource = slots(projection.resource)
        scope = slots(projection.scope)
        event = slots(projection.event)
        link = slots(projection.link)

        var marks = BitSet(capacity: columns.pairKey.count)
        if let key = keys[Array("opentracing.ref_type".utf8)] {
            for (pair, other) in columns.pairKey.buffer.enumerated()
            where other == key && columns.pairType[pair] == ValueType.string.rawValue
                && columns.bytes(UInt32(truncatingIfNeeded: columns.pairPayload[pair])).elementsEqual("child_of".utf8)
            {
                marks.insert(pair)
            }
        }
        childOf = marks.isEmpty ? nil : marks
    }
}

extension AnyValue {
    /// The elements of an encoded list as far as the language knows them; nil stands for those that it does not.
    static func elements(ofList bytes: UnsafeBufferPointer<UInt8>) -> [AnyValue.Value?] {
        guard let list = try? ArrayValue.decode(protobuf: Array(bytes)) else { return [] }
        return list.values.map(\.value)
    }
}
