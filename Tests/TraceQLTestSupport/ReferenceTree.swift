import TestSupport

/// Parents and nested set numbers, by looking every parent up among all spans.
struct ReferenceTree {
    var parent: [Int?]
    var left: [Int]
    var right: [Int]
    var parentLeft: [Int]
    var childCount: [Int]

    init(_ spans: [SpanModel]) {
        let count = spans.count
        parent = Array(repeating: nil, count: count)
        left = Array(repeating: 0, count: count)
        right = left
        parentLeft = left
        childCount = left
        let hasRoot = spans.contains { $0.parentID.isEmpty }
        let occursThrice = spans.contains { span in spans.filter { $0.id == span.id }.count >= 3 }
        guard hasRoot && !occursThrice else { return }
        for (index, span) in spans.enumerated() where !span.parentID.isEmpty {
            let candidates = spans.indices.filter { spans[$0].id == span.parentID }
            if candidates.count == 1 {
                parent[index] = candidates[0]
            } else if candidates.count == 2 {
                let wanted = span.kind == 2 ? 3 : 2
                parent[index] = candidates.first { spans[$0].kind == wanted }
            }
        }
        // Nobody is its own parent.
        for index in spans.indices where parent[index] == index { parent[index] = nil }
        for index in spans.indices { if let parent = parent[index] { childCount[parent] += 1 } }
        var counter = 0
        func visit(_ index: Int, _ above: Int) {
            counter += 1
            left[index] = counter
            parentLeft[index] = above
            for child in spans.indices where parent[child] == index && left[child] == 0 { visit(child, left[index]) }
            counter += 1
            right[index] = counter
        }
        for index in spans.indices where spans[index].parentID.isEmpty { visit(index, -1) }
    }

    func isDescendant(_ x: Int, of y: Int) -> Bool {
        left[x] != 0 && left[y] != 0 && left[x] > left[y] && right[x] < right[y]
    }

    func isChild(_ x: Int, of y: Int) -> Bool { left[y] != 0 && parentLeft[x] == left[y] }

    func isSibling(_ x: Int, of y: Int) -> Bool { x != y && parentLeft[x] != 0 && parentLeft[x] == parentLeft[y] }
}
