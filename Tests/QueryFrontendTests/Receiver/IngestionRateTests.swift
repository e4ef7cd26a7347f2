import Testing

@testable import QueryFrontend

struct IngestionRateTests {
    private let start = ContinuousClock.now

    @Test func `a tenant may send a burst, then its rate`() {
        let rate = IngestionRate()
        #expect(rate.take(20, tenant: "a", rate: 10, burst: 20, now: start) == nil)
        #expect(rate.take(1, tenant: "a", rate: 10, burst: 20, now: start) == 1)
        #expect(rate.take(10, tenant: "a", rate: 10, burst: 20, now: start + .seconds(1)) == nil)
        #expect(rate.take(15, tenant: "a", rate: 10, burst: 20, now: start + .seconds(1)) == 2)
        // Others have buckets of their own, and no limit is no bucket.
        #expect(rate.take(20, tenant: "b", rate: 10, burst: 20, now: start) == nil)
        #expect(rate.take(1 << 40, tenant: "a", rate: 0, burst: 0, now: start) == nil)
    }

    @Test func `what is larger than the bucket passes when the bucket is full`() {
        let rate = IngestionRate()
        #expect(rate.take(1000, tenant: "a", rate: 10, burst: 0, now: start) == nil)
        #expect(rate.take(1000, tenant: "a", rate: 10, burst: 0, now: start) == 1)
        #expect(rate.take(1000, tenant: "a", rate: 10, burst: 0, now: start + .seconds(1)) == nil)
    }

    @Test func `a clock that does not move on fills nothing`() {
        let rate = IngestionRate()
        #expect(rate.take(10, tenant: "a", rate: 10, burst: 10, now: start) == nil)
        #expect(rate.take(10, tenant: "a", rate: 10, burst: 10, now: start - .seconds(5)) == 1)
    }
}
