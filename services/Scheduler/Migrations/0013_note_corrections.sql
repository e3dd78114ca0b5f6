-- Definition's database came back from a backup, and a copy here had news that Definition never made. What Definition says instead may have numbers and times
-- that were seen before, and jobs that followed from them then. The correction gives the jobs that follow now ids of their own, until the next news.
alter table scheduler.journey add column correction uuid;
alter table scheduler.audience add column correction uuid;
alter table scheduler.site_halt add column correction uuid;
