import CMemory

/// Values in numbered places that do not move while the number of places grows.
///
/// A million sessions of a kilobyte and more must neither be copied when room is made, nor be reached through optional
/// boxes.
final class Slab<Element> {
    // Invariant: a place is initialized exactly while it is taken: `insert` initializes it, `remove` deinitializes it,
    // and `isTaken` says so. Only the owner's thread calls.
    private var chunks: [UnsafeMutablePointer<Element>] = []
    private var isTaken: [Bool] = []
    private var free: [Int32] = []
    /// How many places are taken.
    private(set) var count = 0

    private static var shift: Int { 10 }
    private static var chunkSize: Int { 1 << shift }

    deinit {
        for index in isTaken.indices where isTaken[index] { pointer(Int32(index)).deinitialize(count: 1) }
        for chunk in chunks { chunk.deallocate() }
    }

    /// Puts a value into a free place and gives the place's number.
    func insert(_ element: consuming Element) -> Int32 {
        if free.isEmpty {
            let first = isTaken.count
            chunks.append(.allocate(capacity: Self.chunkSize))
            isTaken.append(contentsOf: repeatElement(false, count: Self.chunkSize))
            free.append(contentsOf: (first..<first + Self.chunkSize).reversed().map { Int32($0) })
        }
        let place = free.removeLast()
        pointer(place).initialize(to: element)
        isTaken[Int(place)] = true
        count += 1
        return place
    }

    /// Takes the value out of a place.
    func remove(_ place: Int32) {
        precondition(isTaken[Int(place)], "a free place is removed")
        pointer(place).deinitialize(count: 1)
        isTaken[Int(place)] = false
        free.append(place)
        count -= 1
    }

    /// Whether a place holds a value.
    func holds(_ place: Int32) -> Bool { isTaken[Int(place)] }

    /// The places that hold values, in order.
    var places: [Int32] { isTaken.indices.filter { isTaken[$0] }.map { Int32($0) } }

    /// Has a place brought into the processor's cache, whatever it holds.
    @inline(__always)
    func prefetch(_ place: Int32) { memory_prefetch(pointer(place), MemoryLayout<Element>.size) }

    /// Where a value is, as long as its place is taken.
    @inline(__always)
    func pointer(_ place: Int32) -> UnsafeMutablePointer<Element> {
        chunks[Int(place) >> Self.shift] + (Int(place) & (Self.chunkSize - 1))
    }
}
