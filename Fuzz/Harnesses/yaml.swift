/// What is read keeps to the bounds and, written out as plainly as YAML can be, is read again as the same tree. What is refused is
/// refused at a place inside of the text.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
    // libFuzzer hands `size` bytes at `data` that live until the return; they are copied here.
    let bytes = Array(UnsafeBufferPointer(start: data, count: size))
    var limits = YAMLLimits()
    limits.maxNodes = 5000
    do throws(YAMLError) {
        guard let root = try YAMLReader.parse(bytes, limits: limits) else { return 0 }
        var nodes = 0
        check(root, depth: 0, limits: limits, nodes: &nodes)
        precondition(nodes <= limits.maxNodes, "more nodes than allowed: \(nodes)")
        var text: [UInt8] = []
        guard isWritable(root) else { return 0 }
        write(root, to: &text)
        guard text.count < YAMLLimits().maxBytes else { return 0 }
        guard let again = try? YAMLReader.parse(text) else {
            fatalError("not read again: \(String(decoding: text, as: UTF8.self))")
        }
        precondition(isSame(root, again), "read differently: \(String(decoding: text, as: UTF8.self))")
    } catch {
        let lines = 1 + bytes.count { $0 == 0x0A || $0 == 0x0D }
        precondition((1...lines).contains(error.mark.line), "no such line: \(error)")
        precondition((1...(bytes.count + 1)).contains(error.mark.column), "no such column: \(error)")
    }
    return 0
}

private func check(_ node: YAMLNode, depth: Int, limits: YAMLLimits, nodes: inout Int) {
    nodes += 1
    precondition(depth <= limits.maxDepth, "deeper than allowed")
    switch node.content {
    case .scalar: break
    case .sequence(let elements): for node in elements { check(node, depth: depth + 1, limits: limits, nodes: &nodes) }
    case .mapping(let mapping):
        for (key, value) in mapping.entries {
            check(key, depth: depth + 1, limits: limits, nodes: &nodes)
            check(value, depth: depth + 1, limits: limits, nodes: &nodes)
        }
    }
}

/// Not every tree: quotes make `<<` a merge key still, and two keys alike that were only told apart by their types; a long key needs a `?`.
private func isWritable(_ node: YAMLNode) -> Bool {
    switch node.content {
    case .scalar: return true
    case .sequence(let elements): return elements.allSatisfy(isWritable)
    case .mapping(let mapping):
        let keys = mapping.entries.map(\.key.text)
        return Set(keys.map { Array($0.utf8) }).count == keys.count
            && keys.allSatisfy { $0 != "<<" && $0.unicodeScalars.count < 90 }
            && mapping.entries.allSatisfy { isWritable($0.value) }
    }
}

private func write(_ node: YAMLNode, to text: inout [UInt8]) {
    switch node.content {
    case .scalar(let value, _, _):
        text.append(0x22)
        for scalar in value.unicodeScalars {
            switch scalar.value {
            case 0x22, 0x5C: text += [0x5C, UInt8(scalar.value)]
            case 0x20...0x7E: text.append(UInt8(scalar.value))
            default:
                let digits = String(scalar.value, radix: 16)
                text += Array("\\U".utf8) + Array(repeating: 0x30, count: 8 - digits.utf8.count) + Array(digits.utf8)
            }
        }
        text.append(0x22)
    case .sequence(let elements):
        text += Array("[ ".utf8)
        for element in elements {
            write(element, to: &text)
            text += Array(", ".utf8)
        }
        text += Array("]".utf8)
    case .mapping(let mapping):
        text += Array("{ ".utf8)
        for (key, value) in mapping.entries {
            write(key, to: &text)
            text += Array(" : ".utf8)
            write(value, to: &text)
            text += Array(", ".utf8)
        }
        text += Array("}".utf8)
    }
}

private func isSame(_ one: YAMLNode, _ other: YAMLNode) -> Bool {
    switch (one.content, other.content) {
    case (.scalar(let text, _, _), .scalar(let second, _, _)): text.utf8.elementsEqual(second.utf8)
    case (.sequence(let elements), .sequence(let second)): elements.elementsEqual(second, by: isSame)
    case (.mapping(let mapping), .mapping(let second)):
        mapping.entries.elementsEqual(second.entries) { isSame($0.key, $1.key) && isSame($0.value, $1.value) }
    default: false
    }
}
