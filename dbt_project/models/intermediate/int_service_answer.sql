{#
    What one sender answers to the services that definitions ask for, while its lists show the person. A detail that
    leaves open which of the others it is leaves open who asks for one of them.
#}
with

asked as (
    select distinct
        required_service,
        split_part(required_service, '/', 1) as service_code,
        nullif(split_part(required_service, '/', 2), '') as detail_code
    from {{ ref('ref_definition') }}
    where required_service is not null
),

open_detail as (
    select distinct
        service_code,
        detail_code
    from {{ ref('service_map') }}
    where leaves_open
),

sender as (
    select
        stay_id,
        form_id,
        unit_code,
        max(coalesce(says_until, {{ end_of_time() }})) as says_until
    from {{ ref('stay_sender') }}
    group by stay_id, form_id, unit_code
),

followed as (
    select
        service.stay_id,
        service.form_id,
        service.unit_code,
        asked.required_service,
        service.from_date,
        service.to_date,
        service.last_reported,
        sender.says_until,
        lead(service.from_date) over (
            partition by service.stay_id, service.form_id, service.unit_code, asked.required_service
            order by service.from_date, service.first_reported
        ) as next_from,
        case
            when service.status != 'yes' then 'no'
            when asked.detail_code is null or service.detail_code = asked.detail_code then 'yes'
            when service.detail_code is null or open_detail.detail_code is not null then 'open'
            else 'no'
        end as answer
    from asked
    inner join {{ ref('service') }} as service on asked.service_code = service.service_code
    inner join sender
        on
            service.stay_id = sender.stay_id
            and service.form_id = sender.form_id
            and service.unit_code = sender.unit_code
    left join open_detail
        on
            service.service_code = open_detail.service_code
            and service.detail_code = open_detail.detail_code
)

select
    stay_id,
    form_id,
    unit_code,
    required_service,
    from_date,
    least(to_date, says_until) as to_date,
    answer
from followed
where from_date < least(to_date, says_until)
union all
-- a permit that is reported when it has run out has not been renewed
select
    stay_id,
    form_id,
    unit_code,
    required_service,
    to_date as from_date,
    least(next_from, says_until) as to_date,
    'no' as answer
from followed
where to_date <= last_reported and to_date < least(next_from, says_until)
