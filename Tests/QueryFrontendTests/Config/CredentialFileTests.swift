import Foundation
import Synchronization
import TestSupport
import Testing

@testable import QueryFrontend

struct CredentialFileTests {
    private final class News: Sendable {
        let texts = Mutex<[String]>([])
        func tell(_ text: String) { texts.withLock { $0.append(text) } }
        var all: [String] { texts.withLock { $0 } }
    }

    private static func withFile(_ body: (URL, News, CredentialFile) throws -> Void) throws {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("credential-\(UUID().uuidString)")
        let news = News()
        defer { try? FileManager.default.removeItem(at: url) }
        try body(url, news, CredentialFile(path: url.path, tell: { news.tell($0) }))
    }

    @Test func `a file is read again when it changes, and the last good content stays`() throws {
        try Self.withFile { url, news, file in
            try Data("first\n".utf8).write(to: url)
            #expect(file.value.reveal() == "first")
            // Written aside and moved over it, as secrets are replaced: another file under the same name.
            try Data("second".utf8).write(to: url, options: .atomic)
            #expect(file.value.reveal() == "second")
            #expect(news.all.isEmpty)
            try FileManager.default.removeItem(at: url)
            #expect(file.value.reveal() == "second")
            #expect(file.value.reveal() == "second")
            #expect(news.all.count == 1)
            #expect(news.all.first?.contains("no such file or directory") == true)
            try Data("  \n".utf8).write(to: url, options: .atomic)
            #expect(file.value.reveal() == "second")
            #expect(news.all.last?.hasSuffix("is empty") == true)
            try Data("third\r\n".utf8).write(to: url, options: .atomic)
            #expect(file.value.reveal() == "third")
            #expect(news.all.last?.hasSuffix("can be read again") == true)
            #expect(news.all.count == 3)
            #expect(!news.all.contains { $0.contains("first") || $0.contains("second") || $0.contains("third") })
        }
    }

    @Test func `a target's field is made of what its file holds now`() throws {
        try Self.withFile { url, _, _ in
            var target = FederationConfiguration.ProxyTarget(name: "t", url: try TargetURL("http://t"))
            target.basicAuth = .init(username: "u")
            target.basicAuth?.passwordFile = url.path
            try Data("p1\n".utf8).write(to: url)
            let credentials = TargetCredentials(target)
            #expect(credentials.isSet)
            #expect(credentials.authorization == "Basic dTpwMQ==")
            try Data("p2\n".utf8).write(to: url, options: .atomic)
            #expect(credentials.authorization == "Basic dTpwMg==")
            target.basicAuth = nil
            target.bearerTokenFile = url.path
            #expect(TargetCredentials(target).authorization == "Bearer p2")
            target.bearerTokenFile = ""
            #expect(!TargetCredentials(target).isSet)
            #expect(TargetCredentials(target).authorization == nil)
        }
    }

    @Test func `contents are bounded`() throws {
        #expect(try CredentialFile.content(Array("a b\t \r\n".utf8)) == "a b")
        #expect(throws: FileReadError.self) { try CredentialFile.content([]) }
        #expect(throws: FileReadError.self) { try CredentialFile.content(Array("a\nb".utf8)) }
        #expect(throws: FileReadError.self) { try CredentialFile.content([UInt8](repeating: 0x61, count: 8193)) }
        #expect(throws: FileReadError.self) {
            try CredentialFile.content([UInt8](repeating: 0x20, count: CredentialFile.maxBytes + 1))
        }
    }
}
