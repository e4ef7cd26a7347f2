/// Finds the word somebody probably meant.
enum NearestWord {
    /// The word with the fewest edits, if these are few enough to be a slip. Nil for texts beyond 64 bytes.
    static func find(_ text: String, in words: [String]) -> String? {
        let typed = Array(text.lowercased().utf8)
        guard !typed.isEmpty, typed.count <= 64 else { return nil }
        var best: (word: String, distance: Int)?
        for word in words {
            let distance = editDistance(typed, Array(word.lowercased().utf8))
            if distance <= max(1, min(3, typed.count / 3)), distance < best?.distance ?? .max {
                best = (word, distance)
            }
        }
        return best?.word
    }

    /// Insertions, deletions, replacements, and swaps of neighbours.
    private static func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
        var older = [Int](repeating: 0, count: b.count + 1)
        var old = Array(0...b.count)
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                var best = min(old[j] + (a[i] == b[j] ? 0 : 1), old[j + 1] + 1, row[j] + 1)
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, older[j - 1] + 1) }
                row.append(best)
            }
            older = old
            old = row
        }
        return old[b.count]
    }
}
