import Foundation
import TestSupport
import Testing

@testable import TenantFederation

@Suite(.computeThreads) struct TenantResolverTests {
    struct Case: Decodable, Sendable, CustomTestStringConvertible {
        let name: String
        let headers: [Data]
        let multitenancyEnabled: Bool
        let multiTenantQueriesEnabled: Bool
        let maxTenants: Int
        let tenants: [String]?
        let status: Int?
        let message: String?
        let newline: Bool?
        var testDescription: String { name }

        var resolver: TenantResolver {
            TenantResolver(
                multitenancyEnabled: multitenancyEnabled, multiTenantQueriesEnabled: multiTenantQueriesEnabled,
                maxTenants: maxTenants)
        }
    }

    @Test func answersEveryCaseOfTheTable() throws {
        for item in try Corpus.load("tenancy", in: .module, atLeast: 120, as: Case.self) {
            let headers = item.headers.map { [UInt8]($0) }
            do throws(TenantError) {
                let tenants = try item.resolver.resolve(headerValues: headers)
                #expect(tenants.map(\.name) == item.tenants, "\(item.name)")
            } catch {
                #expect(error.status == item.status, "\(item.name)")
                #expect(error.message == item.message, "\(item.name)")
                #expect((error.shape == .newlineNosniff) == item.newline, "\(item.name)")
            }
        }
    }

    @Test func onlyPresenceIsCheckedBeforeTheParameters() throws {
        for item in try Corpus.load("tenancy", in: .module, atLeast: 120, as: Case.self) {
            let headers = item.headers.map { [UInt8]($0) }
            if item.status == 401 {
                #expect(throws: TenantError.self, "\(item.name)") {
                    try item.resolver.requirePresence(headerValues: headers)
                }
            } else {
                #expect(throws: Never.self, "\(item.name)") {
                    try item.resolver.requirePresence(headerValues: headers)
                }
            }
        }
    }

    @Test func anyBytesGiveASortedUniqueValidListOrARefusal() {
        var generator = SeededGenerator(seed: 1)
        let alphabet = Array("ab.|:,- \t/é'".utf8) + [0, 0xFF, 0x80]
        for _ in 0..<20_000 {
            let lines = (0..<Int.random(in: 0...3, using: &generator)).map { _ in
                (0..<Int.random(in: 0...12, using: &generator)).map { _ in
                    Bool.random(using: &generator)
                        ? alphabet[Int.random(in: 0..<alphabet.count, using: &generator)]
                        : UInt8.random(in: .min ... .max, using: &generator)
                }
            }
            let resolver = TenantResolver(
                multitenancyEnabled: true, multiTenantQueriesEnabled: Bool.random(using: &generator), maxTenants: 3)
            do throws(TenantError) {
                let names = try resolver.resolve(headerValues: lines).map(\.name)
                #expect(!names.isEmpty && names.count <= 3)
                #expect(zip(names, names.dropFirst()).allSatisfy { $0 < $1 })
                #expect(names.allSatisfy { (try? TenantID($0))?.name == $0 })
                #expect(resolver.multiTenantQueriesEnabled || names.count == 1)
            } catch {
                #expect(error.status == 400 || (error.status == 401 && lines.first?.isEmpty != false))
                #expect(!error.message.isEmpty)
            }
        }
    }

    @Test func orderAndRepetitionOfTheHeaderDoNotMatter() throws {
        let resolver = TenantResolver(multitenancyEnabled: true)
        let expected = try resolver.resolve(headerValues: [Array("a|b".utf8)])
        for text in ["b|a", "a|b|a", "a|b, a|b", "b:x|a:y"] {
            #expect(try resolver.resolve(headerValues: [Array(text.utf8)]) == expected)
        }
        #expect(expected.count == 2 && expected.description == "a|b")
    }
}
