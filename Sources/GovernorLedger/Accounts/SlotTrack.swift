import GovernorCore

/// A meter's slots as time goes by, looked up only when they change.
struct SlotTrack {
    /// What a stretch of time is to a meter.
    enum Place: Equatable {
        /// It doesn't count: before the first slot that is wanted, or outside of the schedule.
        case outside
        /// All of it lies in one slot.
        case slot(Interval)
        /// One part of it is something else than another.
        case mixed
    }

    let meter: Meter
    /// Records before count for nothing.
    private let first: Timestamp
    private var slot: Interval
    /// The last stretch in which the schedule was on, or off.
    private var shift: (interval: Interval, isOn: Bool)?

    init(_ meter: Meter, first: Timestamp) {
        self.meter = meter
        self.first = first
        slot = Interval(start: first, end: first)
    }

    /// The slot of a record at `time`; nil when it doesn't count.
    mutating func slot(at time: Timestamp) -> Interval? {
        guard time >= first, isOpen(time) else { return nil }
        return found(time)
    }

    /// The same for every instant of a stretch.
    mutating func place(of stretch: Interval) -> Place {
        guard stretch.end > first else { return .outside }
        guard stretch.start >= first else { return .mixed }
        let isOpen = isOpen(stretch.start)
        if let shift, stretch.end > shift.interval.end { return .mixed }
        guard isOpen else { return .outside }
        let slot = found(stretch.start)
        return stretch.end > slot.end ? .mixed : .slot(slot)
    }

    private mutating func found(_ time: Timestamp) -> Interval {
        if !slot.contains(time) { slot = meter.slot(containing: time, in: nil) }
        return slot
    }

    private mutating func isOpen(_ time: Timestamp) -> Bool {
        guard let schedule = meter.schedule else { return true }
        if let shift, shift.interval.contains(time) { return shift.isOn }
        let on = schedule.shift(containing: time, in: meter.zone)
        let next = on == nil ? schedule.nextShift(after: time, in: meter.zone)?.start : nil
        shift = (on ?? Interval(start: time, end: next ?? .distantFuture), on != nil)
        return on != nil
    }
}
