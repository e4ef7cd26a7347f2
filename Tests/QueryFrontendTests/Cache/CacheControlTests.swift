import HTTPTransport
import TenantFederation
import Testing

@testable import QueryFrontend

struct CacheControlTests {
    @Test(
        arguments: [
            ([], nil, true),
            ([("Cache-Control", "no-store")], .zero, false),
            ([("cache-control", "NO-STORE")], .zero, false),
            ([("Cache-Control", "no-cache")], .zero, true),
            ([("Cache-Control", " max-age=60 , foo=\"a, no-store\" ")], .seconds(60), true),
            ([("Cache-Control", "max-age=0")], .zero, true),
            ([("Cache-Control", "max-age=\"5\"")], .seconds(5), true),
            ([("Cache-Control", "max-age=9, max-age=7")], .seconds(7), true),
            ([("Cache-Control", "max-age=99999999999999999999999")], .seconds(86_400), true),
            ([("Cache-Control", "max-age=-1, max-age=x, max-age=, max-age")], nil, true),
            ([("Cache-Control", ",,, ,=,no-transform,only-if-cached,min-fresh=3")], nil, true),
            ([("Cache-Control", "no-storex, xno-cache")], nil, true),
            ([("Cache-Control", "no-cache=\"x\"")], .zero, true),
            ([("Cache-Control", "foo"), ("Cache-Control", "no-store")], .zero, false),
            ([("Cache-Control", "\"no-store")], nil, true),
            ([("Cache-Control", "")], nil, true),
            ([("Pragma", "no-cache")], .zero, true),
            ([("Pragma", "other")], nil, true),
            ([("Pragma", "no-cache"), ("Cache-Control", "max-age=3")], .seconds(3), true),
        ] as [([(String, String)], Duration?, Bool)])
    func `what a client says about kept answers`(_ fields: [(String, String)], _ maxAge: Duration?, _ stores: Bool) {
        #expect(CacheDirective(HTTPFields(fields)) == CacheDirective(maxAge: maxAge, stores: stores))
    }
}
