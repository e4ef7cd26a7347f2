import Foundation
import TestSupport
import Testing
import TraceQL

/// Recorded tables of the small functions that metrics queries are made of.
@Suite(.computeThreads) struct MetricsTableTests {
    struct Tables: Decodable {
        struct Alignment: Decodable {
            var start: UInt64
            var end: UInt64
            var step: UInt64
            var alignedStart: UInt64
            var alignedEnd: UInt64
            var intervals: Int?
            var firstTimestampMs: Int64?
            var lastTimestampMs: Int64?
        }
        struct Step: Decodable {
            var rangeNanos: UInt64
            var stepNanos: UInt64
        }
        struct LabelText: Decodable {
            var anyValues: [WireValue]
            var text: String
        }
        struct Bucket: Decodable {
            var value: String
            var bucket: Double
            var durationBucketSeconds: Double
        }
        struct Quantile: Decodable {
            var buckets: [Double]
            var p: Double
            var value: Double
        }
        var alignRange: [Alignment]
        var defaultStep: [Step]
        var labelText: [LabelText]
        var log2Bucketize: [Bucket]
        var log2Quantile: [Quantile]
    }

    let tables: Tables

    init() throws {
        tables = try JSONDecoder().decode(Tables.self, from: Corpus.data("metrics-tables.json", in: .module))
    }

    @Test func alignment() throws {
        #expect(tables.alignRange.count >= 12)
        for row in tables.alignRange {
            guard let intervals = row.intervals else {
                #expect(throws: MetricsRange.Failure.stepIsZero) {
                    try MetricsRange.aligned(start: row.start, end: row.end, step: row.step)
                }
                continue
            }
            let range = try MetricsRange.aligned(start: row.start, end: row.end, step: row.step)
            #expect(range.start == row.alignedStart)
            #expect(range.end == row.alignedEnd)
            #expect(range.count == intervals)
            #expect(range.timestampMilliseconds(0) == row.firstTimestampMs)
            #expect(range.timestampMilliseconds(range.count - 1) == row.lastTimestampMs)
        }
    }

    @Test func defaultSteps() {
        #expect(tables.defaultStep.count >= 43)
        for row in tables.defaultStep {
            #expect(MetricsRange.defaultStep(start: 1000, end: 1000 + row.rangeNanos) == row.stepNanos)
        }
    }

    @Test func labelTexts() {
        #expect(tables.labelText.count >= 15)
        for row in tables.labelText {
            // The names are a, b, ... in the order of the values, last first.
            let names = ["b", "a"].suffix(row.anyValues.count)
            let labels = zip(names, row.anyValues).map { MetricsLabel($0, $1.labelValue) }
            #expect(SeriesIdentity(labels).description == row.text)
        }
    }

    /// Buckets as a histogram of integers and one of durations label them.
    @Test func buckets() throws {
        #expect(tables.log2Bucketize.count >= 22)
        for row in tables.log2Bucketize {
            guard let value = UInt64(row.value) else {
                Issue.record("not a number: \(row.value)")
                continue
            }
            let bound = MetricsBuckets.bound(of: value, isDuration: false)
            let seconds = MetricsBuckets.bound(of: value, isDuration: true)
            #expect(bound == (row.bucket < 0 ? nil : row.bucket))
            #expect(seconds == (row.bucket < 0 ? nil : row.durationBucketSeconds))
        }
    }

    @Test func quantiles() throws {
        #expect(tables.log2Quantile.count >= 130)
        for row in tables.log2Quantile {
            let counts = stride(from: 0, to: row.buckets.count, by: 2).map {
                MetricsBuckets.Count(bound: row.buckets[$0], count: Int64(row.buckets[$0 + 1]))
            }
            let value = MetricsBuckets.quantile(row.p, of: counts)
            #expect(
                MetricsComparison.isNear(value, row.value, 4e-15), "\(row.buckets) \(row.p): \(value), \(row.value)")
        }
    }
}
