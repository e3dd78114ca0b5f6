import "@mantine/charts/styles.css";
import { LineChart } from "@mantine/charts";
import { type Analytics, everyDay } from "./numbers";
import classes from "./OverTime.module.css";

const series = [
  { name: "entered", label: "Entered", color: "brand.6" },
  { name: "completed", label: "Completed", color: "teal.6" },
  { name: "goals", label: "Goal reached", color: "orange.6" },
];
const dayFormat = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", timeZone: "UTC" });
const inShort = (date: string): string => dayFormat.format(new Date(date));

/** Draws a line each for enrollments, completions and goals. */
export function OverTime({ analytics, from }: { analytics: Analytics; from: string | undefined }) {
  const days = everyDay(analytics.days, from, Date.now());
  if (days.length === 0) return <p className={classes.empty}>Nothing has happened yet.</p>;
  return (
    <>
      <div aria-hidden>
        <LineChart
          h={240}
          data={days}
          dataKey="date"
          series={series}
          curveType="linear"
          strokeWidth={2}
          withDots={days.length < 40}
          dotProps={{ r: 2 }}
          withLegend
          legendProps={{ verticalAlign: "bottom" }}
          xAxisProps={{ tickFormatter: inShort, minTickGap: 40 }}
          yAxisProps={{ allowDecimals: false, width: 44 }}
          gridAxis="x"
          tickLine="none"
          tooltipProps={{ labelFormatter: (label) => (typeof label === "string" ? inShort(label) : "") }}
          lineChartProps={{ accessibilityLayer: false }}
          lineProps={{ isAnimationActive: false }}
        />
      </div>
      <table className={classes.unseen}>
        <caption>Enrollments, completions and goals per day</caption>
        <thead>
          <tr>
            <th>Day</th>
            {series.map(({ name, label }) => (
              <th key={name}>{label}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {days
            .filter((day) => day.entered + day.completed + day.goals > 0)
            .map((day) => (
              <tr key={day.date}>
                <th>{day.date}</th>
                <td>{day.entered}</td>
                <td>{day.completed}</td>
                <td>{day.goals}</td>
              </tr>
            ))}
        </tbody>
      </table>
    </>
  );
}
