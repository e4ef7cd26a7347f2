import TempoAPI
import TraceQL

/// Where the spans of a `Trace` lie in its bytes, with what decides their order.
///
/// A value lives within the `withUnsafeBytes` of its bytes; every range in it was checked by the reader that found it.
struct TraceSpanIndex {
    /// A range of the bytes; traces are far below 4 GB.
    struct Place {
        var start: UInt32
        var end: UInt32

        init(_ range: Range<Int>) {
            start = UInt32(truncatingIfNeeded: range.lowerBound)
            end = UInt32(truncatingIfNeeded: range.upperBound)
        }

        var range: Range<Int> { Int(start)..<Int(end) }
    }

    struct Entry {
        var place: Place
        /// Within the span; empty where it has none.
        var name: Place
        var start: UInt64
        var end: UInt64
        var id: SpanTable.SpanID
        var parentID: SpanTable.SpanID
        /// Of the status message.
        var status: Place
        var scope: Int32
        var kind: UInt8
        var hasChildOfLink: Bool
    }

    /// A scope with the batch it stands in.
    struct Scope {
        var place: Place
        /// Batches are numbered in order.
        var batch: Int32
    }

    /// Spans of one resource and one scope, one after the other.
    struct Group {
        var batch: Int32
        var scope: Int32
        var spans: [Int32]
    }

    /// The contents of the batches.
    private(set) var batches: [Place] = []
    private(set) var scopes: [Scope] = []
    private(set) var spans: ContiguousArray<Entry> = []
    /// Resources, one after the other, with their scopes and spans; nil while these stand as they are written.
    private(set) var groups: [Group]?

    private let bytes: UnsafeRawBufferPointer
    private let traceID: SpanTable.TraceID

    init(_ bytes: UnsafeRawBufferPointer, traceID: SpanTable.TraceID) {
        self.bytes = bytes
        self.traceID = traceID
    }

    // MARK: Reading

    /// - Parameter look: called every thousand spans or so.
    /// - Throws: `WireError`, and what `look` throws.
    mutating func read(_ trace: Range<Int>, _ look: () throws -> Void) throws {
        var fields = ProtobufReader(bytes, range: trace)
        while let batch = try fields.next() {
            guard batch.number == 1 else { continue }
            let content = try batch.content()
            let number = Int32(truncatingIfNeeded: batches.count)
            batches.append(Place(content))
            var members = ProtobufReader(bytes, range: content)
            while let scope = try members.next() {
                guard scope.number == 2 else { continue }
                let content = try scope.content()
                let scopeNumber = Int32(truncatingIfNeeded: scopes.count)
                scopes.append(Scope(place: Place(content), batch: number))
                var children = ProtobufReader(bytes, range: content)
                while let span = try children.next() {
                    guard span.number == 2 else { continue }
                    if spans.count & 1023 == 1023 { try look() }
                    spans.append(try entry(try span.content(), scope: scopeNumber))
                }
            }
            if batches.count & 1023 == 1023 { try look() }
        }
    }

    private func entry(_ range: Range<Int>, scope: Int32) throws(WireError) -> Entry {
        var entry = Entry(
            place: Place(range), name: Place(0..<0), start: 0, end: 0, id: .none, parentID: .none,
            status: Place(0..<0), scope: scope, kind: 0, hasChildOfLink: false)
        var hasLinks = false
        var fields = ProtobufReader(bytes, range: range)
        while let field = try fields.next() {
            switch field.number {
            case 2: entry.id = id(try field.content())
            case 4: entry.parentID = id(try field.content())
            case 5: entry.name = Place(try field.content())
            case 6: entry.kind = UInt8(exactly: try field.scalar(.varint)) ?? 0
            case 7: entry.start = try field.scalar(.fixed64)
            case 8: entry.end = try field.scalar(.fixed64)
            case 13: hasLinks = true
            case 15: entry.status = Place(try field.content())
            default: break
            }
        }
        // Only who looks for a root asks.
        if hasLinks, entry.parentID.isEmpty { entry.hasChildOfLink = try isChildOfLinked(range) }
        return entry
    }

    private func id(_ range: Range<Int>) -> SpanTable.SpanID {
        guard range.count == 8 else { return SpanTable.SpanID(bytes: bytes[range]) }
        // Eight bytes within the buffer.
        return SpanTable.SpanID(
            UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: range.lowerBound, as: UInt64.self)))
    }

    /// A link to the trace itself with the attribute `opentracing.ref_type` = `child_of`.
    private func isChildOfLinked(_ span: Range<Int>) throws(WireError) -> Bool {
        var fields = ProtobufReader(bytes, range: span)
        while let link = try fields.next() {
            guard link.number == 13 else { continue }
            var target = SpanTable.TraceID(high: 0, low: 0)
            var isChildOf = false
            var members = ProtobufReader(bytes, range: try link.content())
            while let member = try members.next() {
                switch member.number {
                case 1: target = SpanTable.TraceID(bytes[try member.content()])
                case 4: if try tellsChildOf(try member.content()) { isChildOf = true }
                default: break
                }
            }
            if isChildOf, target == traceID { return true }
        }
        return false
    }

    private func tellsChildOf(_ attribute: Range<Int>) throws(WireError) -> Bool {
        var (isKey, isValue) = (false, false)
        var fields = ProtobufReader(bytes, range: attribute)
        while let field = try fields.next() {
            switch field.number {
            case 1: isKey = bytes[try field.content()].elementsEqual("opentracing.ref_type".utf8)
            case 2:
                var value = ProtobufReader(bytes, range: try field.content())
                while let kind = try value.next() {
                    isValue = kind.number == 1 ? bytes[try kind.content()].elementsEqual("child_of".utf8) : false
                }
            default: break
            }
        }
        return isKey && isValue
    }

    // MARK: Order

    /// Sorts the spans and joins what is equal. Malformed resources and scopes are equal to nothing else.
    ///
    /// Of several spans without a parent the last in this order stays the root, all others are marked as none: in which order
    /// they came is not known.
    mutating func putInStoredOrder() {
        let spans = spans
        let bytes = bytes
        var order = ContiguousArray<Int32>((0..<Int32(truncatingIfNeeded: spans.count)))
        let precedes = { (a: Int32, b: Int32) -> Bool in
            let (one, other) = (spans[Int(a)], spans[Int(b)])
            if one.start != other.start { return one.start < other.start }
            if one.id.value != other.id.value { return one.id.value < other.id.value }
            if one.kind != other.kind { return one.kind < other.kind }
            let (name, second) = (bytes[one.name.range], bytes[other.name.range])
            if !name.elementsEqual(second) { return name.lexicographicallyPrecedes(second) }
            // Order of arrival.
            return a < b
        }
        if zip(order, order.dropFirst()).contains(where: { !precedes($0, $1) }) { order.sort(by: precedes) }
        let root = order.last { spans[Int($0)].parentID.isEmpty && !spans[Int($0)].hasChildOfLink }
        for index in self.spans.indices { self.spans[index].hasChildOfLink = Int32(index) != root }

        let resources = Self.firsts(batches.map { resourceKey($0) })
        let scopeKeys = Self.firsts(scopes.map { scopeKey($0) })
        var places: [UInt64: Int] = [:]
        var resourcePlaces: [Int32: Int] = [:]
        var grouped: [[Group]] = []
        // The group of each scope as it is written.
        var known = [(resource: Int32, group: Int32)](repeating: (-1, -1), count: scopes.count)
        for span in order {
            let scope = Int(spans[Int(span)].scope)
            if known[scope].group < 0 {
                let (resource, equal) = (resources[Int(scopes[scope].batch)], scopeKeys[scope])
                let place = resourcePlaces[resource] ?? grouped.count
                if place == grouped.count {
                    resourcePlaces[resource] = place
                    grouped.append([])
                }
                let key = UInt64(UInt32(bitPattern: resource)) << 32 | UInt64(UInt32(bitPattern: equal))
                let group = places[key] ?? grouped[place].count
                if group == grouped[place].count {
                    places[key] = group
                    grouped[place].append(Group(batch: scopes[scope].batch, scope: Int32(scope), spans: []))
                }
                known[scope] = (Int32(place), Int32(group))
            }
            grouped[Int(known[scope].resource)][Int(known[scope].group)].spans.append(span)
        }
        for place in grouped.indices {
            // The first batch stands for all that are equal to it.
            guard let batch = grouped[place].first?.batch else { continue }
            for group in grouped[place].indices { grouped[place][group].batch = batch }
        }
        groups = grouped.flatMap { $0 }
    }

    /// For each key the index of the first that is equal.
    private static func firsts(_ keys: [[UInt8]?]) -> [Int32] {
        var seen: [[UInt8]: Int32] = [:]
        return keys.enumerated().map { index, key in
            let index = Int32(truncatingIfNeeded: index)
            guard let key else { return index }
            if let first = seen[key] { return first }
            seen[key] = index
            return index
        }
    }

    /// Equal for equal attributes in whatever order.
    private func resourceKey(_ batch: Place) -> [UInt8]? {
        var attributes: [Range<Int>] = []
        do {
            var fields = ProtobufReader(bytes, range: batch.range)
            while let field = try fields.next() {
                guard field.number == 1 else { continue }
                var members = ProtobufReader(bytes, range: try field.content())
                while let member = try members.next() {
                    if member.number == 1 { attributes.append(try member.content()) }
                }
            }
        } catch {
            return nil
        }
        return key(attributes)
    }

    private func scopeKey(_ scope: Scope) -> [UInt8]? {
        var names: [Range<Int>] = [0..<0, 0..<0]
        var attributes: [Range<Int>] = []
        var isThere = false
        do {
            var fields = ProtobufReader(bytes, range: scope.place.range)
            while let field = try fields.next() {
                guard field.number == 1 else { continue }
                isThere = true
                var members = ProtobufReader(bytes, range: try field.content())
                while let member = try members.next() {
                    switch member.number {
                    case 1, 2: names[member.number - 1] = try member.content()
                    case 3: attributes.append(try member.content())
                    default: break
                    }
                }
            }
        } catch {
            return nil
        }
        guard isThere else { return [] }
        var key: [UInt8] = []
        for name in names { append(name, to: &key) }
        return key + self.key(attributes)
    }

    private func key(_ attributes: [Range<Int>]) -> [UInt8] {
        var key: [UInt8] = []
        for attribute in attributes.sorted(by: { bytes[$0].lexicographicallyPrecedes(bytes[$1]) }) {
            append(attribute, to: &key)
        }
        return key
    }

    private func append(_ range: Range<Int>, to key: inout [UInt8]) {
        withUnsafeBytes(of: range.count) { key += $0 }
        key += bytes[range]
    }
}
