import Foundation
import TenantFederation
import TestSupport
import Testing

@testable import QueryFrontend

struct RoutingTests {
    struct TargetCase: Decodable {
        let target: String
        let path: String?
        let query: String?
        let location: String?
        let status: Int?
    }

    @Test func targetsAreSplitDecodedOrRedirected() throws {
        for item in try Corpus.load("api-targets", in: .module, atLeast: 60, as: TargetCase.self) {
            var parsed: RequestTarget?
            var location: String?
            var refusal: APIError?
            do throws(APIError) {
                switch try RequestTarget.parse(item.target) {
                case .target(let target): parsed = target
                case .redirect(let to): location = to
                }
            } catch {
                refusal = error
            }
            #expect(parsed?.path == item.path, "\(item)")
            #expect(parsed?.rawQuery == item.query, "\(item)")
            #expect(location == item.location, "\(item)")
            #expect(refusal == (item.status == nil ? nil : .malformedTarget), "\(item)")
        }
    }

    struct QueryCase: Decodable {
        let raw: String
        let pairs: [[String]]
        let encoded: String
    }

    @Test func queriesAreReadAndWrittenByTheRulesOfGo() throws {
        for item in try Corpus.load("api-queries", in: .module, atLeast: 25, as: QueryCase.self) {
            let items = try QueryItems(parsing: item.raw)
            let pairs = items.items.map {
                [String(decoding: $0.name, as: UTF8.self), String(decoding: $0.value, as: UTF8.self)]
            }
            #expect(pairs == item.pairs, "\(item)")
            #expect(items.encoded == item.encoded, "\(item)")
            #expect(try QueryItems(parsing: items.encoded).encoded == item.encoded, "\(item)")
        }
    }

    @Test func bytesThatAreNoTextSurviveAQuery() throws {
        let items = try QueryItems(parsing: "a=%ff%00%80&%fe=1")
        #expect(items.value("a") == [0xFF, 0x00, 0x80])
        #expect(items.text("a") == "\u{FFFD}\u{0}\u{FFFD}")
        #expect(items.encoded == "a=%FF%00%80&%FE=1")
    }

    @Test func theNumberOfPairsIsBounded() throws {
        let full = Array(repeating: "a=1", count: QueryItems.maxCount).joined(separator: "&")
        #expect(try QueryItems(parsing: full + "&&&x=%zz").items.count == QueryItems.maxCount)
        #expect(throws: APIError.badRequest("too many query parameters: at most 1000 are accepted")) {
            try QueryItems(parsing: full + "&a=1")
        }
    }

    @Test func valuesAreLookedUpFirstAndByExactName() throws {
        var items = try QueryItems(parsing: "a=1&A=2&a=3&b=&b=4&c")
        #expect(items.text("a") == "1")
        #expect(items.all("a") == [[0x31], [0x33]])
        #expect(items.text("b") == nil)
        #expect(items.contains("c") && !items.contains("d"))
        items.set("a", "x y")
        items.remove("b")
        #expect(items.encoded == "A=2&a=x+y&c=")
        #expect(items == QueryItems([("A", "2"), ("c", ""), ("a", "x y")]))
        #expect(!items.hasQuery)
        items.append("query", "{}")
        #expect(items.hasQuery)
    }

    struct RouteCase: Decodable {
        let path: String
        let method: String
        let apiPrefix: String?
        let pathPrefix: String?
        let route: String?
        let label: String?
        let status: Int?
        let handlerStatus: Int?
    }

    @Test func pathsAndMethodsFindTheirRoute() throws {
        for item in try Corpus.load("api-routes", in: .module, atLeast: 150, as: RouteCase.self) {
            let table = RouteTable(pathPrefix: item.pathPrefix ?? "", apiPrefix: item.apiPrefix ?? "")
            var found: Route?
            var refusal: APIError?
            do throws(APIError) {
                let route = try table.route(for: item.path)
                try route.checkMethod(item.method)
                found = route
            } catch {
                refusal = error
            }
            #expect(found.map { String(describing: $0) } == item.route, "\(item)")
            #expect(refusal?.status == item.status, "\(item)")
            #expect(refusal == nil || refusal == (item.status == 404 ? .pageNotFound : .methodNotAllowed), "\(item)")
            #expect(table.metricLabel(for: found) == item.label ?? "other", "\(item)")
            if let found {
                let expected = item.handlerStatus.map { APIError(status: $0, message: "Method Not Allowed") }
                #expect(refusalOfHandler(found, item.method) == expected, "\(item)")
            }
        }
    }

    private func refusalOfHandler(_ route: Route, _ method: String) -> APIError? {
        do throws(APIError) {
            try route.checkHandlerMethod(method)
            return nil
        } catch {
            return error
        }
    }

    struct AcceptCase: Decodable {
        let accept: String?
        let format: String
    }

    @Test func acceptIsASearchForNamesInAFixedOrder() throws {
        for item in try Corpus.load("api-accept", in: .module, atLeast: 15, as: AcceptCase.self) {
            #expect(String(describing: ContentNegotiation(accept: item.accept)) == item.format, "\(item)")
        }
    }

    @Test func onlyQueriesAndTheirKinNeedATenant() throws {
        let table = RouteTable()
        for path in ["/api/search", "/api/traces/1", "/api/v2/traces/diff", "/api/mcp", "/api/overrides"] {
            #expect(try table.route(for: path).needsTenant)
        }
        for path in ["/api/echo", "/ready", "/metrics", "/status", "/api/status/buildinfo", "/status/usage-stats"] {
            #expect(try !table.route(for: path).needsTenant)
            #expect(try table.route(for: path).upstreamPath == nil)
        }
    }

    @Test func refusalsOfTenantsKeepTheirForm() throws {
        let resolver = TenantResolver(multitenancyEnabled: true)
        #expect(
            refusal(of: [], by: resolver) == APIError(status: 401, message: "no org id", shape: .line))
        #expect(refusal(of: ["a||b"], by: resolver) == .badRequest("no org id"))
        #expect(refusal(of: ["a"], by: resolver) == nil)
    }

    private func refusal(of lines: [String], by resolver: TenantResolver) -> APIError? {
        do throws(TenantError) {
            _ = try resolver.resolve(headerValues: lines.map { Array($0.utf8) })
            return nil
        } catch {
            return APIError(error)
        }
    }
}
