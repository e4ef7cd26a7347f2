/// Builds the tree from tokens: aliases are replaced by what they name, merge keys by the entries they bring.
struct YAMLComposer {
    /// A node with its size, so that every further use of it can be charged.
    private struct Anchored {
        var node: YAMLNode
        var count: Int
        var depth: Int
    }

    private let tokens: [YAMLToken]
    private let limits: YAMLLimits
    private var index = 0
    private var nodeCount = 0
    private var anchors: [String: Anchored] = [:]
    /// Anchors whose node is not complete yet.
    private var openAnchors: Set<String> = []

    /// `tokens` must not be empty and end with `streamEnd` or `failure`.
    init(tokens: [YAMLToken], limits: YAMLLimits) {
        self.tokens = tokens
        self.limits = limits
    }

    mutating func composeDocument() throws(YAMLError) -> YAMLNode? {
        if case .documentStart = kind { next() }
        if case .streamEnd = kind { return nil }
        let root = try composeNode(depth: 0, isIndentlessAllowed: false).node
        switch kind {
        case .streamEnd: return root
        case .failure(let error): throw error
        default: throw YAMLError("did not find expected <document start>", at: mark)
        }
    }

    private var kind: YAMLToken.Kind { tokens[index].kind }
    private var mark: YAMLMark { tokens[index].mark }

    private mutating func next() {
        // The last token is never passed: it is streamEnd or failure, which no rule consumes.
        if index < tokens.count - 1 { index += 1 }
    }

    /// A node, and how deep the tree below it is.
    private typealias Composed = (node: YAMLNode, depth: Int)

    private mutating func charge(_ count: Int, at mark: YAMLMark) throws(YAMLError) {
        // Both are at most maxNodes: no overflow.
        nodeCount += count
        guard nodeCount <= limits.maxNodes else {
            throw YAMLError("document contains excessive aliasing or more than \(limits.maxNodes) nodes", at: mark)
        }
    }

    private mutating func composeNode(depth: Int, isIndentlessAllowed: Bool) throws(YAMLError) -> Composed {
        guard depth <= limits.maxDepth else {
            throw YAMLError("nested deeper than \(limits.maxDepth) levels", at: mark)
        }
        if case .alias(let name) = kind { return try composeAlias(name, depth: depth) }
        let start = mark
        var anchor: String?
        var tag: YAMLNode.Tag?
        properties: while true {
            switch kind {
            case .anchor(let name) where anchor == nil: anchor = name
            case .tag(let found) where tag == nil: tag = found
            default: break properties
            }
            next()
        }
        if let anchor { openAnchors.insert(anchor) }
        let countBefore = nodeCount
        let composed = try composeContent(
            depth: depth, tag: tag, hasProperties: anchor != nil || tag != nil, start: start,
            isIndentlessAllowed: isIndentlessAllowed)
        if let anchor {
            openAnchors.remove(anchor)
            anchors[anchor] = Anchored(
                node: composed.node, count: nodeCount - countBefore, depth: composed.depth)
        }
        return composed
    }

    private mutating func composeContent(
        depth: Int, tag: YAMLNode.Tag?, hasProperties: Bool, start: YAMLMark, isIndentlessAllowed: Bool
    ) throws(YAMLError) -> Composed {
        let mark = self.mark
        try charge(1, at: mark)
        let composed: Composed
        switch kind {
        case .scalar(let text, let style):
            next()
            return (YAMLNode(content: .scalar(text, style, tag), mark: mark), 0)
        case .failure(let error): throw error
        case .flowSequenceStart: composed = try composeFlowSequence(depth: depth)
        case .flowMappingStart: composed = try composeFlowMapping(depth: depth)
        case .blockSequenceStart:
            composed = try composeBlockSequence(depth: depth, isIndentless: false)
        case .blockEntry where isIndentlessAllowed:
            composed = try composeBlockSequence(depth: depth, isIndentless: true)
        case .blockMappingStart: composed = try composeBlockMapping(depth: depth)
        default:
            guard hasProperties else { throw YAMLError("did not find expected node content", at: mark) }
            return (YAMLNode(content: .scalar("", .plain, tag), mark: start), 0)
        }
        guard tag == nil else { throw YAMLError("a tag on a mapping or sequence is not supported", at: start) }
        return composed
    }

    private mutating func composeAlias(_ name: String, depth: Int) throws(YAMLError) -> Composed {
        let mark = self.mark
        guard !openAnchors.contains(name) else {
            throw YAMLError("anchor '\(name)' value contains itself", at: mark)
        }
        guard let anchored = anchors[name] else { throw YAMLError("unknown anchor '\(name)' referenced", at: mark) }
        try charge(anchored.count, at: mark)
        guard depth + anchored.depth <= limits.maxDepth else {
            throw YAMLError("nested deeper than \(limits.maxDepth) levels", at: mark)
        }
        next()
        return (anchored.node, anchored.depth)
    }

    /// A value or key that was left out.
    private mutating func emptyNode() throws(YAMLError) -> Composed {
        try charge(1, at: mark)
        return (YAMLNode(content: .scalar("", .plain, nil), mark: mark), 0)
    }

    // MARK: Sequences

    private mutating func composeBlockSequence(depth: Int, isIndentless: Bool) throws(YAMLError) -> Composed {
        let start = mark
        if !isIndentless { next() }
        var items: [YAMLNode] = []
        var deepest = 0
        while case .blockEntry = kind {
            next()
            let item: Composed
            switch kind {
            case .blockEntry, .blockEnd: item = try emptyNode()
            case .key, .value: item = try emptyNode()
            default: item = try composeNode(depth: depth + 1, isIndentlessAllowed: false)
            }
            items.append(item.node)
            deepest = max(deepest, item.depth + 1)
        }
        if !isIndentless {
            if case .failure(let error) = kind { throw error }
            guard case .blockEnd = kind else { throw YAMLError("did not find expected '-' indicator", at: mark) }
            next()
        }
        return (YAMLNode(content: .sequence(items), mark: start), deepest)
    }

    private mutating func composeFlowSequence(depth: Int) throws(YAMLError) -> Composed {
        let start = mark
        next()
        var items: [YAMLNode] = []
        var deepest = 0
        while true {
            if case .flowSequenceEnd = kind { break }
            let item: Composed
            switch kind {
            case .key, .value: item = try composeSinglePair(depth: depth + 1)
            case .failure(let error): throw error
            case .flowEntry, .flowMappingEnd, .streamEnd:
                throw YAMLError("did not find expected ',' or ']'", at: mark)
            default: item = try composeNode(depth: depth + 1, isIndentlessAllowed: false)
            }
            items.append(item.node)
            deepest = max(deepest, item.depth + 1)
            switch kind {
            case .flowEntry: next()
            case .flowSequenceEnd: break
            case .failure(let error): throw error
            default: throw YAMLError("did not find expected ',' or ']'", at: mark)
            }
        }
        next()
        return (YAMLNode(content: .sequence(items), mark: start), deepest)
    }

    /// `[a: b]`: a mapping of one entry without braces.
    private mutating func composeSinglePair(depth: Int) throws(YAMLError) -> Composed {
        let start = mark
        guard depth <= limits.maxDepth else {
            throw YAMLError("nested deeper than \(limits.maxDepth) levels", at: start)
        }
        try charge(1, at: start)
        var builder = YAMLMappingBuilder()
        let deepest = try composeFlowEntry(into: &builder, depth: depth)
        return (YAMLNode(content: .mapping(builder.finish()), mark: start), deepest)
    }

    // MARK: Mappings

    private mutating func composeBlockMapping(depth: Int) throws(YAMLError) -> Composed {
        let start = mark
        next()
        var builder = YAMLMappingBuilder()
        var deepest = 0
        while true {
            switch kind {
            case .key, .value: break
            case .blockEnd:
                next()
                return (YAMLNode(content: .mapping(builder.finish()), mark: start), deepest)
            case .failure(let error): throw error
            default: throw YAMLError("did not find expected key", at: mark)
            }
            let key = try composeKey(depth: depth)
            var value: Composed
            if case .value = kind {
                next()
                switch kind {
                case .key, .value, .blockEnd: value = try emptyNode()
                default: value = try composeNode(depth: depth + 1, isIndentlessAllowed: true)
                }
            } else {
                value = try emptyNode()
            }
            deepest = max(deepest, value.depth + 1)
            try builder.add(key: key, value: value.node)
        }
    }

    private mutating func composeFlowMapping(depth: Int) throws(YAMLError) -> Composed {
        let start = mark
        next()
        var builder = YAMLMappingBuilder()
        var deepest = 0
        while true {
            if case .flowMappingEnd = kind { break }
            deepest = max(deepest, try composeFlowEntry(into: &builder, depth: depth))
            switch kind {
            case .flowEntry: next()
            case .flowMappingEnd: break
            case .failure(let error): throw error
            default: throw YAMLError("did not find expected ',' or '}'", at: mark)
            }
        }
        next()
        return (YAMLNode(content: .mapping(builder.finish()), mark: start), deepest)
    }

    /// One `key: value` of a flow mapping; gives the depth below the mapping.
    private mutating func composeFlowEntry(
        into builder: inout YAMLMappingBuilder, depth: Int
    ) throws(YAMLError) -> Int {
        let key: YAMLNode
        switch kind {
        case .failure(let error): throw error
        case .flowEntry, .flowSequenceEnd, .streamEnd:
            throw YAMLError("did not find expected ',' or '}'", at: mark)
        case .key, .value: key = try composeKey(depth: depth)
        default:
            // A key without a value: the scanner would have marked it as a key if its `:` stood on the same line.
            let composed = try composeNode(depth: depth + 1, isIndentlessAllowed: false)
            try builder.add(key: try checkedKey(composed.node), value: try emptyNode().node)
            return 1
        }
        guard case .value = kind else {
            try builder.add(key: key, value: try emptyNode().node)
            return 1
        }
        next()
        let value: Composed
        switch kind {
        case .flowEntry, .flowMappingEnd, .flowSequenceEnd: value = try emptyNode()
        default: value = try composeNode(depth: depth + 1, isIndentlessAllowed: false)
        }
        try builder.add(key: key, value: value.node)
        return value.depth + 1
    }

    private mutating func composeKey(depth: Int) throws(YAMLError) -> YAMLNode {
        guard case .key = kind else { throw YAMLError("did not find expected key", at: mark) }
        next()
        if case .value = kind { throw YAMLError("did not find expected key", at: mark) }
        return try checkedKey(try composeNode(depth: depth + 1, isIndentlessAllowed: false).node)
    }

    private func checkedKey(_ node: YAMLNode) throws(YAMLError) -> YAMLNode {
        guard case .scalar = node.content else {
            throw YAMLError("a mapping or sequence as a key is not supported", at: node.mark)
        }
        return node
    }
}

/// Collects the entries of a mapping. Own entries win over merged ones, of which the first wins.
struct YAMLMappingBuilder {
    private var mapping = YAMLNode.Mapping()
    private var names: Set<String> = []
    private var merged: [YAMLNode.Mapping] = []
    private var hasMerge = false

    mutating func add(key: YAMLNode, value: YAMLNode) throws(YAMLError) {
        if case .scalar("<<", .plain, nil) = key.content {
            guard !hasMerge else {
                mapping.duplicates.append(key)
                return
            }
            hasMerge = true
            switch value.content {
            case .mapping(let source): merged = [source]
            case .sequence(let sources):
                for source in sources {
                    guard case .mapping(let mapping) = source.content else {
                        throw YAMLError(
                            "map merge requires map or sequence of maps as the value", at: source.mark)
                    }
                    merged.append(mapping)
                }
            case .scalar:
                throw YAMLError("map merge requires map or sequence of maps as the value", at: value.mark)
            }
            return
        }
        if names.insert(key.text).inserted {
            mapping.entries.append((key, value))
        } else {
            mapping.duplicates.append(key)
        }
    }

    consuming func finish() -> YAMLNode.Mapping {
        for source in merged {
            for entry in source.entries where names.insert(entry.key.text).inserted {
                mapping.entries.append(entry)
            }
        }
        return mapping
    }
}
