import Foundation
import TestSupport
import Testing

@testable import HTTPTransport

/// Which certificates of a server, and of a client, are taken.
@Suite(.timeLimit(.minutes(2)))
struct TLSCertificateTests {
    struct Case: Decodable, Sendable {
        var name: String
        var server: String
        var host: String
        var serverName: String?
        var trust: String?
        var skip: Bool?
        /// A part of the message; nil: the request is answered.
        var error: String?
    }

    @Test func `a server's certificate is taken as the table says`() async throws {
        let cases: [Case] = try Corpus.load("tls-certificates", in: .module, atLeast: 34)
        for version in [TLSVersion.tls12, .tls13] {
            for certificate in Set(cases.map(\.server)).sorted() {
                let tls = try TLSSamples.server(certificate) { $0.maxVersion = version }
                try await LiveServer.serving(on: .platformDefault, configure: { $0.tls = tls }, handler: describe) {
                    live in
                    try await LiveClient.using(.platformDefault) { client in
                        for item in cases where item.server == certificate {
                            let trust = item.trust.map { $0.isEmpty ? nil : $0 } ?? "ca"
                            let context = try TLSSamples.client(
                                trust: trust, serverName: item.serverName, verifies: item.skip != true)
                            let error = await client.error {
                                try await client.secureGet(live.port, tls: context, host: item.host)
                            }
                            if let text = item.error {
                                #expect(error?.code == .tls, "\(item.name)")
                                #expect(
                                    error?.message.contains(text) == true, "\(item.name): \(String(describing: error))")
                            } else {
                                #expect(error == nil, "\(item.name)")
                            }
                        }
                    }
                }
            }
        }
    }

    struct ClientCase: Sendable, CustomTestStringConvertible {
        var mode: TLSServerSettings.ClientAuthentication
        /// Of: none, client, client-expired, client-other, self-signed.
        var taken: Set<String>
        var testDescription: String { "\(mode)" }
    }

    static let clientNames = ["none", "client", "client-expired", "client-other", "self-signed", "server"]
    static let clientCases = [
        ClientCase(mode: .none, taken: Set(clientNames)),
        ClientCase(mode: .request, taken: Set(clientNames)),
        ClientCase(mode: .requireAny, taken: Set(clientNames).subtracting(["none"])),
        ClientCase(mode: .verifyIfGiven, taken: ["none", "client"]),
        ClientCase(mode: .requireAndVerify, taken: ["client"]),
    ]

    @Test(arguments: clientCases, [TLSVersion.tls12, .tls13])
    func `a client's certificate is taken as the mode says`(_ item: ClientCase, _ version: TLSVersion) async throws {
        let authority = try TestCertificates.pem("ca.pem")
        let tls = try TLSSamples.server { settings in
            settings.maxVersion = version
            settings.clientAuthentication = item.mode
            settings.clientCAPEM = authority
        }
        try await LiveServer.serving(on: .platformDefault, configure: { $0.tls = tls }, handler: describe) { live in
            try await LiveClient.using(.platformDefault) { client in
                for name in Self.clientNames {
                    let context = try TLSSamples.client(identity: name == "none" ? nil : name)
                    let error = await client.error {
                        try await client.secureGet(live.port, tls: context, fields: [("Connection-Note", name)])
                    }
                    if item.taken.contains(name) {
                        #expect(error == nil, "\(name)")
                    } else {
                        #expect(error?.code == .tls, "\(name)")
                        #expect(error?.message.contains("alert") == true, "\(name): \(String(describing: error))")
                    }
                }
            }
        }
    }

    @Test func `certificates are changed for new connections, and bad ones change nothing`() async throws {
        let tls = try TLSSamples.server("expired")
        try await LiveServer.serving(on: .platformDefault, configure: { $0.tls = tls }, handler: describe) { live in
            try await LiveClient.using(.platformDefault) { client in
                let context = try TLSSamples.client()
                let before = await client.error { try await client.secureGet(live.port, tls: context) }
                #expect(before?.code == .tls)
                try tls.replace(with: TLSServerSettings(identity: try TLSSamples.identity("server")))
                #expect(try await client.secureGet(live.port, tls: context).status == 200)
                #expect(throws: TLSError.self) {
                    let broken = TLSIdentity(certificatePEM: [1, 2, 3], keyPEM: [])
                    try tls.replace(with: TLSServerSettings(identity: broken))
                }
                let fresh = try TLSSamples.client()
                #expect(try await client.secureGet(live.port, tls: fresh).status == 200)
            }
        }
    }
}
