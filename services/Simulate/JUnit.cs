using System.Text;
using System.Xml;
using Journeys.PopulationSimulation;

namespace Journeys.Simulate;

/// <summary>Writes assertions as JUnit XML, which continuous integration displays as tests.</summary>
public static class JUnit
{
    /// <summary>Writes one test for each assertion.</summary>
    public static string Write(string journey, SimulationResult result)
    {
        var text = new StringBuilder();
        var assertions = result.Report.Assertions;
        using (var xml = XmlWriter.Create(text, new() { Indent = true, OmitXmlDeclaration = true, CheckCharacters = false }))
        {
            xml.WriteStartElement("testsuite");
            xml.WriteAttributeString("name", Clean(journey));
            xml.WriteAttributeString("tests", XmlConvert.ToString(assertions.Count));
            xml.WriteAttributeString("failures", XmlConvert.ToString(assertions.Count(assertion => !assertion.Passed)));
            xml.WriteStartElement("properties");
            Property(xml, "inputDigest", result.Report.InputDigest);
            Property(xml, "reportDigest", result.Digest);
            xml.WriteEndElement();
            foreach (var assertion in assertions)
            {
                xml.WriteStartElement("testcase");
                xml.WriteAttributeString("classname", Clean(journey));
                xml.WriteAttributeString("name", Clean(assertion.Name));
                if (!assertion.Passed)
                {
                    xml.WriteStartElement("failure");
                    xml.WriteAttributeString("message", Clean(assertion.Message));
                    xml.WriteEndElement();
                }

                xml.WriteEndElement();
            }

            xml.WriteEndElement();
        }

        return text.ToString();
    }

    static void Property(XmlWriter xml, string name, string value)
    {
        xml.WriteStartElement("property");
        xml.WriteAttributeString("name", name);
        xml.WriteAttributeString("value", value);
        xml.WriteEndElement();
    }

    // XML does not allow some characters that JSON allows.
    static string Clean(string text) => string.Concat(text.Select(letter => XmlConvert.IsXmlChar(letter) ? letter : '?'));
}
