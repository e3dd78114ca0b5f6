// Writes a fact in base64, with nothing of Journeys but its NuGet package.
using Google.Protobuf;
using Journeys.Protos.Definition.V1;
using Journeys.Protos.Enrollment.V1;
using Journeys.Protos.Events.V1;

// The package has clients too: this line is only for the compiler.
_ = typeof(JourneyService.JourneyServiceClient);

var fact = new EnrollmentCompleted { Enrollments = { new EnrollmentFact { UserId = "ada", Outcome = "paid" } } };
Console.WriteLine(fact.ToByteString().ToBase64());
