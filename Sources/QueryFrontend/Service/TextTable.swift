/// A table in plain text, as the status pages show it.
enum TextTable {
    /// Columns are as wide as their widest cell; a cell is one line of at most 200 bytes, control bytes shown as blanks.
    static func render(header: [String], rows: [[String]]) -> String {
        let lines = ([header] + rows).map { $0.map(cell) }
        let widths = header.indices.map { column in lines.map { $0[column].unicodeScalars.count }.max() ?? 0 }
        let rule = "+" + widths.map { String(repeating: "-", count: $0 + 2) }.joined(separator: "+") + "+\n"
        func row(_ cells: [String]) -> String {
            let padded = zip(cells, widths).map { cell, width in
                " " + cell + String(repeating: " ", count: width - cell.unicodeScalars.count + 1)
            }
            return "|" + padded.joined(separator: "|") + "|\n"
        }
        return rule + row(lines[0]) + rule + lines.dropFirst().map(row).joined() + rule
    }

    private static func cell(_ text: String) -> String {
        var shown = String.UnicodeScalarView()
        for scalar in text.unicodeScalars.prefix(200) {
            shown.append(scalar.value < 0x20 || scalar.value == 0x7F ? " " : scalar)
        }
        return String(shown)
    }
}
