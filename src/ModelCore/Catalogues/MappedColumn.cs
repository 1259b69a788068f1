using System.Text;

namespace RadioDiffusion.ModelCore.Catalogues;

/// <summary>A field's column with the conversion of its numbers into the program's unit.</summary>
internal sealed class MappedColumn
{
    private readonly CatalogueReader _reader;
    private readonly CatalogueUnit _unit;
    private readonly bool _partsAreHours;

    private MappedColumn(CatalogueReader reader, CatalogueField field, CatalogueColumn column, string? unit, bool unitFromMapping, CatalogueUnit conversion)
    {
        _reader = reader;
        _unit = conversion;
        Source = new FieldSource(field, column.Name, unit, unitFromMapping);
        var quantity = CatalogueFields.QuantityOf(field);
        _partsAreHours = quantity == Quantity.RightAscension && !CatalogueUnit.IsDegreesInParts(unit);
        Column = IsFromText(reader) ? column with { Type = TypeFor(quantity, column.Type) } : column;
    }

    public FieldSource Source { get; }

    /// <summary>What to read.</summary>
    public CatalogueColumn Column { get; }

    /// <summary>Null with a reason if the catalogue has no such column, or its unit is unknown.</summary>
    public static MappedColumn? Find(CatalogueReader reader, ColumnMapping mapping, CatalogueField field, out string? problem)
    {
        problem = null;
        if (mapping.Find(reader, field) is not { } column)
            return null;
        var quantity = CatalogueFields.QuantityOf(field);
        bool fromMapping = column.Unit == null;
        string? unit = column.Unit ?? mapping.Fields[field].Unit;
        var conversion = CatalogueUnit.One;
        if (unit != null && !CatalogueUnit.TryParse(unit, quantity, out conversion))
        {
            problem = $"{column.Name} ({CatalogueFields.NameOf(field)}): its unit should be {CatalogueUnit.Accepted(quantity)}, but it is '{unit}'";
            return null;
        }
        return new MappedColumn(reader, field, column, quantity is Quantity.Text or Quantity.Number ? null : unit, fromMapping, conversion);
    }

    /// <summary>The number of a row, in the program's unit.</summary>
    /// <param name="values">Values of <see cref="Column"/>.</param>
    /// <param name="index">Which of them.</param>
    /// <param name="row">Zero-based row of the catalogue, for messages.</param>
    public double Number(ColumnValues values, int index, long row)
    {
        if (values is not TextValues texts)
            return _unit.Convert(values.Number(index));
        var text = CellText.Trim(texts[index]);
        if (CellText.IsMissing(text))
            return double.NaN;
        if (CellText.TryNumber(text, out double number))
            return _unit.Convert(number);
        var quantity = CatalogueFields.QuantityOf(Source.Field);
        if (quantity is Quantity.Degrees or Quantity.RightAscension && Sexagesimal.TryParse(text, out double parts))
            return _partsAreHours ? parts * 15 : parts;
        if (quantity == Quantity.Number && CellText.TryBoolean(text, out bool truth))
            return truth ? 1 : 0;
        throw new RadioDiffusionException(
            $"{_reader.Path}, {_reader.PlaceOf(row)}: column {Source.Column} should be a number{(quantity is Quantity.Degrees or Quantity.RightAscension ? " or an angle such as 12:34:56.7" : "")}, but it is '{Encoding.UTF8.GetString(text)}'.");
    }

    private static bool IsFromText(CatalogueReader reader) => reader.Format is CatalogueFormat.Csv;

    /// <summary>CSV cells are read as what the field needs; angles that are no plain numbers stay text until then.</summary>
    private static ColumnType TypeFor(Quantity quantity, ColumnType found) => quantity switch
    {
        Quantity.Text => ColumnType.Text,
        Quantity.Degrees or Quantity.RightAscension when found == ColumnType.Text => ColumnType.Text,
        Quantity.Number when found is ColumnType.Boolean => ColumnType.Boolean,
        _ => ColumnType.Double,
    };
}
