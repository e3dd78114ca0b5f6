alter table scheduler.job validate constraint job_kind_check;
