internal import CEchelon

/// Rows of plain decimal numbers in delimited text, read with the processor's vector instructions.
///
/// A record is read up to the first field that is anything but a sign, digits, a point, digits and an
/// exponent; fields close to the ends of the text are left as well. Who calls reads that field in another
/// way, and goes on from there. The bits are those that `strtod` gives.
package struct NumberRows {
  /// Whether this processor has the instructions.
  package static let isAvailable = echelon_has_number_rows() != 0

  /// The byte between two fields.
  package var delimiter: UInt8
  /// The byte before a fraction.
  package var point: UInt8
  /// The fields of a record.
  package var columnCount: Int
  /// How many of its first fields are numbers.
  package var numberCount: Int
  /// Where numbers go: row r of column c to element c · `stride` + r.
  package var stride: Int
  /// Rows from here on are not begun.
  package var rowLimit: Int
  /// Records that begin here or later are not begun.
  package var limit: Int

  /// The offset of the field to be read next; before a call, that of a record.
  package var position = 0
  /// Its column.
  package var column = 0
  /// Its row.
  package var row = 0
  /// Where its record begins.
  package var recordStart = 0

  package init(
    delimiter: UInt8, point: UInt8, columnCount: Int, numberCount: Int, stride: Int, rowLimit: Int,
    limit: Int
  ) {
    self.delimiter = delimiter
    self.point = point
    self.columnCount = columnCount
    self.numberCount = numberCount
    self.stride = stride
    self.rowLimit = rowLimit
    self.limit = limit
  }

  /// Reads as far as it goes.
  /// - Parameter powers: the leading 128 bits of 5^q, for q from -342 to 308.
  package mutating func read(
    _ text: Span<UInt8>, into elements: inout MutableSpan<Double>, powers: Span<UInt128>
  ) {
    precondition(powers.count == 651, "\(powers.count) powers of five")
    precondition(
      0...text.count ~= position && limit <= text.count && 0...columnCount ~= numberCount
        && row >= 0 && stride >= 0, "rows outside of the text")
    let elementCount = numberCount == 0 ? 0 : (numberCount - 1) * stride + rowLimit
    precondition(elementCount <= elements.count, "rows outside of the elements")
    column = 0
    recordStart = position
    guard numberCount > 0, position < limit, row < rowLimit else { return }
    var rows = echelon_number_rows()
    rows.byte_count = text.count
    rows.limit = limit
    rows.delimiter = delimiter
    rows.point = point
    rows.column_count = columnCount
    rows.number_count = numberCount
    rows.stride = stride
    rows.row_limit = rowLimit
    rows.position = position
    rows.row = row
    // SAFETY: the three lie there during the call; it reads within `text` and the 651 powers, and writes
    // elements of rows below `rowLimit` of the first columns only, which exist (the checks above).
    unsafe text.withUnsafeBufferPointer { text in
      unsafe powers.withUnsafeBytes { powers in
        unsafe elements.withUnsafeMutableBufferPointer { elements in
          unsafe rows.text = text.baseAddress
          unsafe rows.powers = powers.assumingMemoryBound(to: UInt64.self).baseAddress
          unsafe rows.elements = elements.baseAddress
          unsafe echelon_read_number_rows(&rows)
        }
      }
    }
    position = rows.position
    column = rows.column
    row = rows.row
    recordStart = rows.record_start
  }
}
