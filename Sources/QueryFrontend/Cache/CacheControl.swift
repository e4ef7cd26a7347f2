import HTTPTransport
import TenantFederation

extension CacheDirective {
    /// Reads the `Cache-Control` lines of a request (RFC 9111, 5.2.1): `no-store`, `no-cache`, `max-age`. What is unknown or
    /// malformed is passed over. `Pragma: no-cache` counts where there is no `Cache-Control`.
    init(_ fields: HTTPFields) {
        self.init()
        let lines = fields.all("Cache-Control")
        for line in lines { read(line) }
        if lines.isEmpty, fields.all("Pragma").contains(where: { Self.words($0).contains { $0.name == "no-cache" } }) {
            maxAge = .zero
        }
    }

    private mutating func read(_ line: String) {
        for word in Self.words(line) {
            switch word.name {
            case "no-store":
                maxAge = .zero
                stores = false
            case "no-cache": maxAge = .zero
            case "max-age":
                guard let seconds = Self.seconds(word.value) else { continue }
                maxAge = min(maxAge ?? seconds, seconds)
            default: continue
            }
        }
    }

    /// Names in lower case, with what stands behind `=`. A comma inside of quotes does not part two words.
    private static func words(_ line: String) -> [(name: String, value: String)] {
        var words: [(name: String, value: String)] = []
        var isQuoted = false
        var word: [UInt8] = []
        func add() {
            let parts = String(decoding: word, as: UTF8.self).split(separator: "=", maxSplits: 1)
            guard let name = parts.first.map({ trimmed($0).lowercased() }), !name.isEmpty else { return }
            words.append((name, parts.count > 1 ? trimmed(parts[1]) : ""))
        }
        for byte in line.utf8 {
            if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
            if byte == UInt8(ascii: ","), !isQuoted {
                add()
                word.removeAll(keepingCapacity: true)
            } else {
                word.append(byte)
            }
        }
        add()
        return words
    }

    private static func trimmed(_ text: Substring) -> String {
        let isBlank = { (character: Character) in character == " " || character == "\t" }
        return String(text.drop(while: isBlank).reversed().drop(while: isBlank).reversed())
    }

    /// Seconds, in quotes or not; more than a day is a day.
    private static func seconds(_ text: String) -> Duration? {
        let digits = text.utf8.filter { $0 != UInt8(ascii: "\"") }
        guard !digits.isEmpty, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        let number = digits.count > 5 ? 86_400 : Int(String(decoding: digits, as: UTF8.self)) ?? 86_400
        return .seconds(min(number, 86_400))
    }
}
